# What each target does stands in CONTRIBUTING.md. Every target makes what it
# needs from a bare clone.

.DEFAULT_GOAL := build

NODE ?= node
# Starts private servers for the tests, and ends them: test/support/servers.
WITH_SERVERS = node build/test/support/servers/run.js

TESTS = $(shell find build/test build/examples -name '*.test.js' | sort)
# Browsers and explored schedules are the same on every version of Node.js.
WITH_BROWSER = $(filter-out %/demo-server.test.js, $(filter build/test/browser/% build/test/examples/%, $(TESTS)))
# So are types, bundles, other runtimes, test runners, pages and their examples, what servers, clusters and other packages do with the statements of
# a store, who wins a race between processes, what a full or lost server answers, what attackers reach or store, and the stores that must
# fail the tests for stores.
TESTS_OF_OLDEST = $(filter-out build/test/interleavings/% build/test/processes/% $(WITH_BROWSER) %/package.test.js %/bundles.test.js %/runtimes.test.js %/runners.test.js \
  build/test/docs/% %/redis-conformance.test.js %/redis-revocation.test.js %/redis-cluster.test.js %/redis-sentinel.test.js %/redis-commands.test.js \
  %/cached-store-conformance.test.js %/encrypted-store-conformance.test.js %/migrating-conformance.test.js %/express-store-packages.test.js \
  %/redis-full.test.js %/lost-servers.test.js %/pglite.test.js %/postgres-connections.test.js %/mysql-connections.test.js %/sqlite-processes.test.js \
  %/hostile-visitors.test.js %/hostile-users.test.js %/stored-rows.test.js %/like-unsealed.test.js %/layering.test.js \
  build/test/testing/broken-stores.test.js build/test/cli/doctor% build/test/cli/installed.test.js, $(TESTS))
# What works with the example, the package, metrics, the command, caches, the kit, stores on servers, and
# attackers who can write to a store or have many sessions, on the newest and the oldest version works between them, too.
TESTS_OF_NODE = $(filter-out build/test/opentelemetry/% build/test/examples/% build/test/package/% build/test/testing/% build/test/cache/% \
  build/test/stores/redis/% build/test/stores/sql/% %/postgres-store.test.js %/mysql-store.test.js \
  %/held-commands.test.js %/flash-races.test.js %/planted-sessions.test.js \
  build/test/cli/% %/sealed-rows.test.js %/stored-indexes.test.js, $(TESTS_OF_OLDEST))
# Who wins a race depends on servers and processes: only the newest version runs each in full.
FEW_RACES = SESSION_TEST_RACES=few
# How many files run at a time. Most wait for servers, a browser or a compiler; those of the older versions wait the most.
AT_ONCE = 3
test-oldest test-node: AT_ONCE = 4
# Ends a file or a test that hangs for ten minutes, and names it.
PATIENCE = --test-timeout=600000
# Source maps, and who caused an unhandled error, are for `make unit`: together they take up to a third of the time of a file.
RUN_TESTS = $(WITH_SERVERS) $(NODE) --import ./build/test/support/untracked-promises.js --test --test-reporter=spec --test-concurrency=$(AT_ONCE) $(PATIENCE)

.PHONY: build demo picture test test-oldest test-node unit faults lint fix bench guard docs clean

build: dist/index.js cli/dist/main.js

dist/index.js: node_modules/.package-lock.json $(shell find src -name '*.ts') tsconfig.json
	rm -rf dist
	npx tsc -p tsconfig.json

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts
	@touch $@

# The command, a package of its own. Its lock file makes a link to this checkout where the library would be installed.
cli/dist/main.js: dist/index.js cli/node_modules/.package-lock.json cli/package.json $(shell find cli/src -name '*.ts') cli/tsconfig.json
	rm -rf cli/dist
	npx tsc -p cli

cli/node_modules/.package-lock.json: cli/package-lock.json
	npm ci --ignore-scripts --prefix cli
	@touch $@

build/.tests: dist/index.js cli/dist/main.js $(shell find src test examples -name '*.ts' -o -name tsconfig.json) tsconfig.json
	rm -rf build
	npx tsc -p test/tsconfig.json
	npx tsc -p examples/tsconfig.json
	@touch $@

test: build build/.tests
	$(RUN_TESTS) $(TESTS)

test-oldest: build build/.tests
	$(FEW_RACES) $(RUN_TESTS) $(TESTS_OF_OLDEST)

test-node: build build/.tests
	$(FEW_RACES) $(RUN_TESTS) $(TESTS_OF_NODE)

# One file, while working on it: make unit T=session-cookie
unit: build/.tests
	@test -n "$(shell find build/test build/examples -name '$(T).test.js' 2>/dev/null)" || { echo 'No test file has the name "$(T)"'; exit 1; }
	$(WITH_SERVERS) $(NODE) --enable-source-maps --test --test-reporter=spec $(PATIENCE) $(shell find build/test build/examples -name '$(T).test.js' 2>/dev/null)

# Servers that crash, freeze and hang under load, and what that costs: docs/faults.md.
# Some of them: make faults F="frozen redis"
faults: build/.tests
	$(NODE) --enable-source-maps build/test/faults/run.js $(F)

lint: node_modules/.package-lock.json
	npx biome lint --error-on-warnings .

fix: node_modules/.package-lock.json
	npx biome lint --write .

# Beside the floor, 1.0.1 and the drivers: bench/README.md says how to read it. One part: make bench B=redis
bench: build build/.tests bench/node_modules/.package-lock.json
	$(NODE) bench/run.js $(B)

# Fails if a request has become much dearer: bench/README.md says what to do then.
guard: build
	$(NODE) bench/guard.js

bench/node_modules/.package-lock.json: bench/package.json bench/package-lock.json
	npm ci --prefix bench
	@touch $@

# The example application. On another port, with another store: make demo PORT=4000 STORE=redis://localhost
demo: build
	npx tsc -p examples/tsconfig.json
	PORT='$(PORT)' STORE='$(STORE)' $(NODE) --enable-source-maps build/examples/demo/server.js

# The picture of it in the README, as a test takes it. The test fails where the sizes differ.
picture: build build/.tests
	-$(WITH_SERVERS) $(NODE) --enable-source-maps --test --test-reporter=spec build/test/examples/demo-picture.test.js
	cp build/demo.png docs/demo.png

# The reference and all pages, with a search, in site/out: a folder that any web server, or a browser without one, can show.
docs: site/node_modules/.package-lock.json
	site/node_modules/.bin/typedoc --options site/typedoc.json

site/node_modules/.package-lock.json: site/package.json site/package-lock.json
	cd site && npm ci --ignore-scripts
	@touch $@

clean:
	rm -rf dist build cli/dist site/out
