.DEFAULT_GOAL := help
.PHONY: help demo test corpus bench bench-go fuzz fuzz-sql race-long soak stamp release release-check tidy fmt lint FORCE

GO_SCRIPTS := GOWORK=off go -C scripts run

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: bin/mcp-filesystem bin/mcp-github bin/mcp-postgres bin/mcp-search bin/mcp-slack ## see servers answer
	go build -o bin/ ./servers/github/internal/fake/cmd/fake-github && go run ./internal/demo

test: bin/staticcheck ## formatting, vet, staticcheck, race tests: everything
	scripts/test $(ARGS)

bench: ## side by side with peers, in one run (ARGS=-quick for a short one)
	go run ./internal/bench $(ARGS)

corpus: ## every attack on mcp-postgres, and every statement that has to be answered, with what came of it
	go test ./servers/postgres/internal/corpus -run='^(TestServer|TestChanges)$$' -count=1 -v -args -every

bench-go: ## every Go benchmark, without the tests
	go test -run='^$$' -bench=. -benchmem $(ARGS) work

fuzz: ## every fuzz target, FUZZTIME each (default 1m)
	scripts/fuzz

fuzz-sql: ## the gate of mcp-postgres against PostgreSQL's own parser, FUZZTIME each
	scripts/fuzz-sql

race-long: ## the race tests over and over, COUNT times (default 20)
	go test -race -short -shuffle=on -count=$(or $(COUNT),20) -timeout=0 work

soak: ## links swapped under reads, writes and moves, for TIME (default 10m)
	go test -race -timeout=0 -run='^TestRace$$' ./servers/filesystem ./servers/filesystem/internal/guard -args -race.for=$(or $(TIME),10m)

stamp: ## write VERSION (v1.2.3) into every module, as the commit to tag
	$(GO_SCRIPTS) ./tidy -stamp=$(VERSION)

release: ## archives of all servers for all platforms, into dist/
	$(GO_SCRIPTS) ./release $(if $(VERSION),-version=$(VERSION))
release-check: ## build all platforms twice, in two places, and compare
	go test ./internal/repo -run='^TestRelease' -count=1 -timeout=0 -v -args -platforms=all

tidy: ## go mod tidy in every module, in order
	$(GO_SCRIPTS) ./tidy

fmt: ## gofmt everything
	git ls-files --cached --others --exclude-standard '*.go' | xargs gofmt -w

lint: bin/staticcheck bin/golangci-lint ## the long list of linters (builds golangci-lint at first: minutes)
	bin/golangci-lint run $$(go list -f '{{.Dir}}/...' -m)

bin/mcp-%: FORCE
	go build -o bin/ ./servers/$*/cmd/mcp-$*
bin/staticcheck: scripts/tools/go.mod
	GOWORK=off go -C scripts/tools build -o ../../bin/ tool
	@touch $@
bin/golangci-lint:
	GOWORK=off GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FORCE:
