package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/claims"
	"github.com/hashicorp/go-azure-sdk/sdk/client"
	"github.com/hashicorp/go-azure-sdk/sdk/client/resourcemanager"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
)

// Terraform's resource manager, which sleeps before it asks after a change, unless the answer says that it need not.
type manager struct{ *resourcemanager.Client }

func (m manager) send(ctx context.Context, method, path string, body any, expected ...int) (*client.Response, error) {
	options := client.RequestOptions{ContentType: "application/json; charset=utf-8", ExpectedStatusCodes: expected, HttpMethod: method, Path: path}
	request, err := m.NewRequest(ctx, options)
	if err != nil {
		return nil, err
	}
	if body != nil {
		if err := request.Marshal(body); err != nil {
			return nil, err
		}
	}
	return request.Execute(ctx)
}

// Sends a change and polls until it is done.
func (m manager) change(ctx context.Context, method, path string, body any) error {
	response, err := m.send(ctx, method, path, body, http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent)
	if err != nil {
		return err
	}
	poller, err := resourcemanager.PollerFromResponse(response, m.Client)
	if err != nil {
		return err
	}
	return poller.PollUntilDone(ctx)
}

type object = map[string]any

// In the order in which the provider azurerm makes its resources.
func terraform(ctx context.Context, here site) {
	var arm manager
	does("Terraform's SDK: the environment and who is signed in", func() (err error) { arm, err = signIn(ctx, here); return err })
	inGroup := fmt.Sprintf("/subscriptions/%s/resourceGroups/sdk-tf", here.subscription)
	registry := inGroup + "/providers/Microsoft.ContainerRegistry/registries/sdktf01"
	scopeMap, token := registry+"/scopeMaps/tf-map", registry+"/tokens/tf-token"
	changes := []struct {
		what, method, path string
		body               object
	}{
		{"a resource group", http.MethodPut, inGroup, object{"location": "westus"}},
		{"a registry", http.MethodPut, registry, object{"location": "westus", "sku": object{"name": "Premium", "tier": "Premium"}, "properties": object{}}},
		{"a registry changes", http.MethodPatch, registry, object{"tags": object{"a": "b"}}},
		{"a scope map", http.MethodPut, scopeMap, object{"properties": object{"description": "", "actions": []string{"repositories/app/content/read"}}}},
		{"a scope map changes", http.MethodPatch, scopeMap, object{"properties": object{"actions": []string{"repositories/app/content/write"}}}},
		{"a token", http.MethodPut, token, object{"properties": object{"scopeMapId": scopeMap, "status": "enabled"}}},
		{"a token changes", http.MethodPatch, token, object{"properties": object{"scopeMapId": scopeMap, "status": "disabled"}}},
	}
	for _, change := range changes {
		does("Terraform's SDK: "+change.what, func() error { return arm.change(ctx, change.method, change.path, change.body) })
	}
	does("Terraform's SDK: a password in the first answer", func() error { return password(ctx, arm, registry, token) })
	does("Terraform's SDK: the passwords away", func() error {
		none := object{"properties": object{"credentials": object{"passwords": []object{}}}}
		return arm.change(ctx, http.MethodPatch, token, none)
	})
	for _, path := range []string{token, scopeMap, registry, inGroup} {
		does("Terraform's SDK: away with "+path[len(inGroup)-len("sdk-tf"):], func() error { return arm.change(ctx, http.MethodDelete, path, nil) })
	}
}

// The first thing that the provider does: the environment from the metadata host, and its own object id from a token for Microsoft Graph.
func signIn(ctx context.Context, here site) (manager, error) {
	environment, err := environments.FromEndpoint(ctx, here.url)
	if err != nil {
		return manager{}, err
	}
	credentials := auth.Credentials{
		Environment: *environment, TenantID: here.tenant, ClientID: here.client, ClientSecret: here.secret,
		EnableAuthenticatingUsingClientSecret: true,
	}
	graph, err := auth.NewAuthorizerFromCredentials(ctx, credentials, environment.MicrosoftGraph)
	if err != nil {
		return manager{}, err
	}
	bearer, err := graph.Token(ctx, &http.Request{})
	if err != nil {
		return manager{}, err
	}
	claimed, err := claims.ParseClaims(bearer)
	if err != nil {
		return manager{}, err
	}
	if claimed.AppId != here.client || claimed.ObjectId == "" || claimed.TenantId != here.tenant {
		return manager{}, fmt.Errorf("the claims are %+v", claimed)
	}
	arm, err := resourcemanager.NewClient(environment.ResourceManager, "containerregistry", "2025-11-01")
	if err != nil {
		return manager{}, err
	}
	arm.Authorizer, err = auth.NewAuthorizerFromCredentials(ctx, credentials, environment.ResourceManager)
	return manager{arm}, err
}

// The provider takes the value from the first answer, by its place in the list.
func password(ctx context.Context, arm manager, registry, token string) error {
	wanted := object{"tokenId": token, "name": "password1", "expiry": "2100-12-31T12:59:59Z"}
	response, err := arm.send(ctx, http.MethodPost, registry+"/generateCredentials", wanted, http.StatusOK, http.StatusAccepted)
	if err != nil {
		return err
	}
	var made struct {
		Passwords []struct{ Name, Value string }
	}
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
		return err
	}
	if len(made.Passwords) != 1 || made.Passwords[0].Name != "password1" || made.Passwords[0].Value == "" {
		return fmt.Errorf("the passwords are not those: %d", len(made.Passwords))
	}
	return nil
}
