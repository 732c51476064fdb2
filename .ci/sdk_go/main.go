// Clients of Azure written in Go, unmodified, as their users use them: Azure's SDK, and what Terraform is built on.
// usage: sdk_go URL SUBSCRIPTION REGISTRY, with the service principal in AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and the
// certificate authority in SSL_CERT_FILE; REGISTRY is the one whose login server is at URL
package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// Longer than any answer takes, shorter than any client's sleep.
const patience = 5 * time.Second

// What a client has to know of the site.
type site struct{ url, subscription, registry, tenant, client, secret string }

// Runs a step, which must not sleep.
func does(what string, step func() error) {
	started := time.Now()
	err := step()
	if took := time.Since(started); err == nil && took > patience {
		err = fmt.Errorf("it took %s", took)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "FAILED  %s: %v\n", what, err)
		os.Exit(1)
	}
	fmt.Printf("ok  %s\n", what)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sdk_go URL SUBSCRIPTION REGISTRY")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	here := site{
		url: os.Args[1], subscription: os.Args[2], registry: os.Args[3],
		tenant: os.Getenv("AZURE_TENANT_ID"), client: os.Getenv("AZURE_CLIENT_ID"), secret: os.Getenv("AZURE_CLIENT_SECRET"),
	}
	azure(ctx, here)
	terraform(ctx, here)
}
