package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	acr "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

const (
	group = "sdk-go"
	// How many use one registry at the same time.
	atOnce = 4
)

// The clients of one user.
type clients struct {
	groups     *armresources.ResourceGroupsClient
	providers  *armresources.ProvidersClient
	resources  *armresources.Client
	registries *acr.RegistriesClient
	maps       *acr.ScopeMapsClient
	tokens     *acr.TokensClient
	webhooks   *acr.WebhooksClient
}

func newClients(here site) (clients, error) {
	options := azcore.ClientOptions{Cloud: cloud.Configuration{
		ActiveDirectoryAuthorityHost: here.url,
		Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: here.url, Audience: here.url}},
	}}
	credential, err := azidentity.NewClientSecretCredential(here.tenant, here.client, here.secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		return clients{}, err
	}
	forArm := &arm.ClientOptions{ClientOptions: options}
	resources, err := armresources.NewClientFactory(here.subscription, credential, forArm)
	if err != nil {
		return clients{}, err
	}
	registries, err := acr.NewClientFactory(here.subscription, credential, forArm)
	if err != nil {
		return clients{}, err
	}
	return clients{
		resources.NewResourceGroupsClient(), resources.NewProvidersClient(), resources.NewClient(), registries.NewRegistriesClient(),
		registries.NewScopeMapsClient(), registries.NewTokensClient(), registries.NewWebhooksClient(),
	}, nil
}

type poller[T any] interface {
	PollUntilDone(context.Context, *runtime.PollUntilDoneOptions) (T, error)
}

// The end of an operation that has begun.
func end[T any, P poller[T]](ctx context.Context, begun P, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return begun.PollUntilDone(ctx, nil)
}

func azure(ctx context.Context, here site) {
	var all clients
	does("Azure's SDK for Go: clients", func() (err error) { all, err = newClients(here); return err })
	registryAndGroup(ctx, here, all)
	id := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.ContainerRegistry/registries/%s", here.subscription, group, here.registry)
	tokenFromFirstToLast(ctx, here, all, id)
	does("Azure's SDK for Go: passwords of one token, made by several at once", func() error { return slots(ctx, here, all, id) })
	does("Azure's SDK for Go: everything away", func() error {
		begun, err := all.groups.BeginDelete(ctx, group, nil)
		_, err = end(ctx, begun, err)
		return err
	})
}

func registryAndGroup(ctx context.Context, here site, all clients) {
	does("Azure's SDK for Go: a resource group", func() error {
		if _, err := all.groups.CreateOrUpdate(ctx, group, armresources.ResourceGroup{Location: to.Ptr("westus")}, nil); err != nil {
			return err
		}
		tagged, err := all.groups.Update(ctx, group, armresources.ResourceGroupPatchable{Tags: map[string]*string{"a": to.Ptr("b")}}, nil)
		if err == nil && *tagged.Tags["a"] != "b" {
			err = errors.New("its tags are not those")
		}
		return err
	})
	does("Azure's SDK for Go: providers", func() error {
		page, err := all.providers.NewListPager(nil).NextPage(ctx)
		if err == nil && (len(page.Value) != 1 || *page.Value[0].RegistrationState != "Registered") {
			err = errors.New("there is not just the one")
		}
		return err
	})
	does("Azure's SDK for Go: a registry", func() error {
		begun, err := all.registries.BeginCreate(ctx, group, here.registry, acr.Registry{Location: to.Ptr("westus"), SKU: &acr.SKU{Name: to.Ptr(acr.SKUNamePremium)}}, nil)
		made, err := end(ctx, begun, err)
		if err == nil && *made.Properties.ProvisioningState != acr.ProvisioningStateSucceeded {
			err = errors.New("it is not there yet")
		}
		return err
	})
	does("Azure's SDK for Go: what is not served is refused by name", func() error {
		_, err := all.registries.BeginImportImage(ctx, group, here.registry, acr.ImportImageParameters{Source: &acr.ImportSource{SourceImage: to.Ptr("library/hello")}}, nil)
		if err := refusedWith(err, "NotSupportedOperation"); err != nil {
			return err
		}
		hook := acr.WebhookCreateParameters{Location: to.Ptr("westus")}
		_, err = all.webhooks.BeginCreate(ctx, group, here.registry, "hook1", hook, nil)
		return refusedWith(err, "NotSupportedResourceType")
	})
}

func tokenFromFirstToLast(ctx context.Context, here site, all clients, registry string) {
	does("Azure's SDK for Go: a scope map", func() error {
		actions := []*string{to.Ptr("repositories/app/content/read")}
		begun, err := all.maps.BeginCreate(ctx, group, here.registry, "go-map", acr.ScopeMap{Properties: &acr.ScopeMapProperties{Actions: actions}}, nil)
		_, err = end(ctx, begun, err)
		return err
	})
	does("Azure's SDK for Go: a token", func() error {
		token := acr.Token{Properties: &acr.TokenProperties{ScopeMapID: to.Ptr(registry + "/scopeMaps/go-map")}}
		begun, err := all.tokens.BeginCreate(ctx, group, here.registry, "go-token", token, nil)
		_, err = end(ctx, begun, err)
		return err
	})
	does("Azure's SDK for Go: what was read can be sent back", func() error {
		read, err := all.tokens.Get(ctx, group, here.registry, "go-token", nil)
		if err != nil {
			return err
		}
		begun, err := all.tokens.BeginCreate(ctx, group, here.registry, "go-token", read.Token, nil)
		_, err = end(ctx, begun, err)
		return err
	})
	does("Azure's SDK for Go: an operation is taken up again", func() error {
		begun, err := all.tokens.BeginUpdate(ctx, group, here.registry, "go-token", acr.TokenUpdateParameters{Properties: &acr.TokenUpdateProperties{Status: to.Ptr(acr.TokenStatusEnabled)}}, nil)
		if err != nil {
			return err
		}
		mark, err := begun.ResumeToken()
		if err != nil {
			return err
		}
		resumed, err := all.tokens.BeginUpdate(ctx, "", "", "", acr.TokenUpdateParameters{}, &acr.TokensClientBeginUpdateOptions{ResumeToken: mark})
		_, err = end(ctx, resumed, err)
		return err
	})
	does("Azure's SDK for Go: by resource id", func() error {
		found, err := all.resources.CheckExistenceByID(ctx, registry+"/tokens/go-token", "2023-07-01", nil)
		if err == nil && !found.Success {
			err = errors.New("it is not found")
		}
		return err
	})
}

// Each renews one password again and again; of those that were made for a name just the last signs in, and none is lost to another.
func slots(ctx context.Context, here site, all clients, registry string) error {
	names := acr.PossibleTokenPasswordNameValues()
	made := make(chan [2]string, 3*atOnce)
	failed := make(chan error, 3*atOnce)
	var users sync.WaitGroup
	for user := range atOnce {
		users.Go(func() {
			name := names[user%len(names)]
			for range 3 {
				wanted := acr.GenerateCredentialsParameters{TokenID: to.Ptr(registry + "/tokens/go-token"), Name: &name}
				begun, err := all.registries.BeginGenerateCredentials(ctx, group, here.registry, wanted, nil)
				result, err := end(ctx, begun, err)
				if err != nil {
					failed <- err
					return
				}
				for _, password := range result.Passwords {
					if password.Value != nil {
						made <- [2]string{string(*password.Name), *password.Value}
					}
				}
			}
		})
	}
	users.Wait()
	close(made)
	close(failed)
	for err := range failed {
		return err
	}
	var values [][2]string
	for password := range made {
		values = append(values, password)
	}
	current := map[string]int{}
	// The last first: whoever tries many that are wrong is made to wait, but for what signed in before.
	for _, password := range slices.Backward(values) {
		signedIn, err := signsIn(ctx, here, "go-token", password[1])
		if err != nil {
			return err
		}
		if signedIn {
			current[password[0]]++
		}
	}
	if current["password1"] != 1 || current["password2"] != 1 {
		return fmt.Errorf("these many sign in: %v", current)
	}
	return nil
}

func signsIn(ctx context.Context, here site, user, password string) (bool, error) {
	address, err := url.Parse(here.url)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, here.url+"/oauth2/token?service="+address.Host, nil)
	if err != nil {
		return false, err
	}
	request.SetBasicAuth(user, password)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK, nil
}

func refusedWith(err error, code string) error {
	var refusal *azcore.ResponseError
	if errors.As(err, &refusal) && refusal.ErrorCode == code {
		return nil
	}
	return fmt.Errorf("%v instead of %s", err, code)
}
