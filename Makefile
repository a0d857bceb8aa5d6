# What packages are made of. Qubes' builder, rpmbuild and debian/rules call 'programs-…',
# 'pages' and 'install-…'; 'make packages' makes all packages here. See packaging/README.md.

VERSION := $(shell cat version)
REL := $(shell cat rel)

# Every time stamp in a package is that of its newest change log entry.
CHANGED := $(shell sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)
export SOURCE_DATE_EPOCH ?= $(shell date --date='$(CHANGED)' +%s)
WHO := $(shell sed -n 's/^ -- \(.*>\)  .*/\1/p' debian/changelog | head -n 1)
CHANGELOG := $(shell LC_ALL=C date --utc --date=@$(SOURCE_DATE_EPOCH) '+* %a %b %d %Y') $(WHO) - $(VERSION)-$(REL)

# Programs and pages that were built before are taken from PROGRAMS and PAGES.
export BUILD ?= $(CURDIR)/target/package
export PROGRAMS ?= $(BUILD)/release
export PAGES ?= $(BUILD)/pages
export OUT ?= $(BUILD)/out

# The same bytes whoever builds, and wherever: a program names source files in its messages.
CARGO_HOME ?= $(HOME)/.cargo
export RUSTFLAGS = --remap-path-prefix=$(CARGO_HOME)=/cargo --remap-path-prefix=$(CURDIR)=/qib
# On a builder without network 'cargo vendor' has put all crates there before.
VENDORED := $(if $(wildcard vendor),--offline --config source.crates-io.replace-with='"vendor"' \
	--config source.vendor.directory='"vendor"')
CARGO := cargo build --release --locked $(VENDORED) --target-dir $(BUILD)

LIB := $(DESTDIR)/usr/lib
SHARE := $(DESTDIR)/usr/share
UNITS := $(DESTDIR)$(or $(UNITDIR),/usr/lib/systemd/system)
MAN := $(SHARE)/man
FILE := install -D -m 0644
PROGRAM := install -D -m 0755

.PHONY: programs-dom0 programs-vm pages packages rpm deb install-dom0 install-vm

programs-dom0: $(PROGRAMS)/qib
programs-vm: $(PROGRAMS)/qib-helper $(PROGRAMS)/qib-storage
pages: $(PAGES)/man/qib.1

# Each alone: building two at once would unify the features of their crates.
$(BUILD)/release/%: FORCE
	$(CARGO) -p $*

$(BUILD)/pages/man/qib.1: FORCE
	$(CARGO) -p qib-pages
	$(BUILD)/release/qib-pages $(BUILD)/pages

FORCE:

install-dom0:
	$(PROGRAM) $(PROGRAMS)/qib $(DESTDIR)/usr/bin/qib
	$(FILE) packaging/qib.conf $(DESTDIR)/etc/qubes/qib.conf
	install -D -m 0664 policy/10-qib.policy $(DESTDIR)/etc/qubes/policy.d/10-qib.policy
	install -d -m 0700 $(DESTDIR)/var/lib/qib
	$(FILE) -t $(UNITS) packaging/systemd/dom0/*
	$(FILE) packaging/systemd/70-qib-dom0.preset $(LIB)/systemd/system-preset/70-qib-dom0.preset
	$(FILE) -t $(DESTDIR)/srv/user_salt/qib packaging/salt/qib/*
	$(FILE) -t $(MAN)/man1 $(PAGES)/man/*.1
	$(FILE) $(PAGES)/completions/bash/qib $(SHARE)/bash-completion/completions/qib
	$(FILE) $(PAGES)/completions/zsh/_qib $(SHARE)/zsh/site-functions/_qib
	$(FILE) $(PAGES)/completions/fish/qib.fish $(SHARE)/fish/vendor_completions.d/qib.fish
	$(FILE) -t $(SHARE)/doc/qib-dom0 README.md
	$(FILE) -t $(SHARE)/doc/qib-dom0/docs docs/*
	$(FILE) -t $(SHARE)/licenses/qib-dom0 LICENSE

install-vm:
	$(PROGRAM) $(PROGRAMS)/qib-helper $(LIB)/qib/qib-helper
	$(PROGRAM) -t $(DESTDIR)/etc/qubes-rpc policy/helper/*
	$(FILE) -t $(MAN)/man8 $(PAGES)/man/qib-helper.8
	$(FILE) -t $(SHARE)/licenses/qib-helper LICENSE
	$(PROGRAM) $(PROGRAMS)/qib-storage $(LIB)/qib/qib-storage
	cp --no-dereference policy/storage/* $(DESTDIR)/etc/qubes-rpc/
	$(FILE) -t $(UNITS) packaging/systemd/vm/*
	$(FILE) packaging/systemd/70-qib-storage.preset $(LIB)/systemd/system-preset/70-qib-storage.preset
	$(FILE) -t $(SHARE)/doc/qib-storage packaging/storage.toml
	$(FILE) -t $(MAN)/man8 $(PAGES)/man/qib-storage.8
	$(FILE) -t $(SHARE)/licenses/qib-storage LICENSE

packages: rpm deb

rpm: rpm_spec/qib-dom0.spec rpm_spec/qib.spec
	for spec in $^; do \
		rpmbuild --quiet -bb --build-in-place --nodeps --define '_topdir $(BUILD)/rpm' \
			--define '_rpmdir $(OUT)' --define '_buildhost qib' \
			--define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' $$spec || exit 1; \
	done

rpm_spec/%.spec: rpm_spec/%.spec.in FORCE
	sed -e 's/@VERSION@/$(VERSION)/' -e 's/@REL@/$(REL)/' -e 's/@CHANGELOG@/$(CHANGELOG)/' $< >$@

deb:
	DEB_RULES_REQUIRES_ROOT=no debian/rules binary OUT=$(OUT)
	debian/rules clean
