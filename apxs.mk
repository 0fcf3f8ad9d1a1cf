# Builds and tests mod_upgrade_required and mod_upgrade_wstunnel outside of httpd's tree.
#
#   make -f apxs.mk             both modules, in build/out/release/
#   make -f apxs.mk demo        installs what is needed, starts a real httpd, shows its responses
#   make -f apxs.mk serve       the same server, left running until Ctrl-C
#   make -f apxs.mk test        all tests; T=NAME for one of them
#   make -f apxs.mk gdb T=NAME  one test, and a debugger for its httpd; B=FUNCTION for a breakpoint
#   make -f apxs.mk compile_commands.json   for editors
#   make -f apxs.mk matrix      all of it in each Debian; CELLS="trixie *" for some of them
#   make -f apxs.mk bench       instructions per request, echo through a tunnel, the status page
#   make -f apxs.mk bench-tunnels   event tunnels compared with stock httpd, nginx and HAProxy
#   make -f apxs.mk soak MINUTES=30   event tunnels under stress, and whether all counters agree
#   make -f apxs.mk size N=10000    what N event tunnels need: configuration, limits, memory
#   make -f apxs.mk REFUSED_URL=URL  both modules; their problems have a type below that URL (see README.md)
#   make -f apxs.mk install     into httpd's module folder; LIBEXECDIR=FOLDER for another, DESTDIR=FOLDER before it
#   make -f apxs.mk dist        the tarball of a release, and its checksum, in build/out/dist/
#   make -f apxs.mk deb         the Debian package, in build/out/deb/
#   make -f apxs.mk rpm         an RPM, as far as it can be tried on Debian, in build/out/rpm/
#   make -f apxs.mk beside      beside all modules that Debian has for httpd; installs some fifty packages
#
# Everything generated goes to build/out/VARIANT, one folder for each set of flags, or to OUT=FOLDER. CFLAGS,
# CPPFLAGS and LDFLAGS of the environment are added to httpd's own.

APXS    ?= $(shell command -v apxs || command -v apxs2)
VARIANT ?= release
OUT     := build/out/$(VARIANT)
ifneq ($(words $(OUT)),1)
$(error OUT=$(OUT): make cannot build in a folder with a space; sources and DESTDIR may have one)
endif
SOURCES := mod_upgrade_required
VERSION := $(shell sed -n 's/^.define UPGRADE_VERSION "\(.*\)"$$/\1/p' $(SOURCES)/core/text/ur_version.h)

# The rooms: every folder with sources below $(SOURCES), and the files that stand outside of one.
#   room:part:what it may include besides its own files (parts, rooms, single files)
# Part core is libupgrade.a: C11, no httpd, no APR. Part shared is compiled into both modules;
# required and wstunnel are a module each, and neither sees the other.
# Every script asks for this table ("make -s -f apxs.mk rooms"); build/lint holds the sources to it.
ROOMS := \
    core/text:core: \
    core/protocol:core:core/text \
    core/policy:core:core/text,core/protocol \
    core/response:core:core/text,core/protocol,core/policy \
    core/metrics:core:core/text,core/protocol,core/policy,core/response \
    core/probe:core:core/text,core/protocol,core/policy,core/response \
    core/upgrade.h:core:core \
    shared:shared:core \
    ur_modules.h:shared:core \
    required:required:core,shared \
    required/config:required:core,shared,required \
    required/request:required:core,shared,required \
    required/enforce:required:core,shared,required \
    required/check:required:core,shared,required \
    required/pages:required:core,shared,required \
    mod_upgrade_required.c:required:core,shared,required \
    wstunnel:wstunnel:core,shared \
    wstunnel/config:wstunnel:core,shared,wstunnel \
    wstunnel/proxy:wstunnel:core,shared,wstunnel \
    wstunnel/tunnel:wstunnel:core,shared,wstunnel \
    mod_upgrade_wstunnel.c:wstunnel:core,shared,wstunnel

POLICY  := $(OUT)/mod_upgrade_required.so
HELPER  := $(OUT)/mod_upgrade_wstunnel.so
MODULES := $(POLICY) $(HELPER)
LIBRARY := $(OUT)/libupgrade.a

# Targets that set the machine up must work where apxs is not there yet.
BARE := beside help rooms print-VERSION setup demo serve test matrix asan tsan cov gdb fuzz prove lint bench bench-tunnels soak man html dist deb rpm clean

ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
ifeq ($(APXS),)
$(error apxs was not found: run "make -f apxs.mk setup", or give APXS=/path/to/apxs)
endif
# One name at a time: apxs -q with several prints them in a form no shell can take apart.
apxs_query = $(shell $(APXS) -q $(1))
ifeq ($(origin CC),default)
CC := $(call apxs_query,CC)
endif
HTTPD_CFLAGS   := $(call apxs_query,CFLAGS) $(call apxs_query,EXTRA_CFLAGS)
HTTPD_CPPFLAGS := $(call apxs_query,EXTRA_CPPFLAGS)
# httpd's own headers are not ours to mend: -isystem keeps -Werror off them.
HTTPD_INCLUDES := $(patsubst -I%,-isystem %,$(filter-out -I. -I/usr/include,\
                    $(call apxs_query,EXTRA_INCLUDES) -I$(call apxs_query,INCLUDEDIR)))
LIBEXECDIR     := $(call apxs_query,LIBEXECDIR)
HTTPD          ?= $(call apxs_query,SBINDIR)/$(call apxs_query,PROGNAME)
endif

# A package is built by compilers that are not yet known: it sets WERROR to nothing.
WERROR   ?= -Werror
WARNINGS := -Wall -Wextra -Wconversion -Wshadow $(WERROR)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# The same build in another folder has the same bytes.
VARIANT_FLAGS_release := "-ffile-prefix-map=$(CURDIR)=."
VARIANT_FLAGS_asan    := -O1 $(SANITIZE)
VARIANT_FLAGS_tsan    := -O1 -fsanitize=thread -fno-omit-frame-pointer
VARIANT_FLAGS_cov     := -O0 --coverage
VARIANT_FLAGS_debug   := -O0 -g3
VARIANT_FLAGS         := $(VARIANT_FLAGS_$(VARIANT))

# Where the page of refused.md can be read, if it can: problems have their type there.
REFUSED_URL  ?=
ifneq ($(words $(REFUSED_URL)),$(words $(filter http://% https://%,$(firstword $(REFUSED_URL)))))
$(error REFUSED_URL=$(REFUSED_URL): not an http or https URL; where can the page that "make html" makes of refused.md be read?)
endif
REFUSED      := $(if $(REFUSED_URL),-DUPGRADE_REFUSED_URL='"$(REFUSED_URL)"')

BASE_FLAGS   := -std=gnu11 -fPIC -fvisibility=hidden -I$(SOURCES) $(WARNINGS)
CORE_FLAGS    = $(HTTPD_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(BASE_FLAGS) $(VARIANT_FLAGS) $(EXTRA)
HTTPD_FLAGS   = $(HTTPD_CFLAGS) $(HTTPD_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) $(BASE_FLAGS) $(REFUSED) $(HTTPD_INCLUDES) $(VARIANT_FLAGS) $(EXTRA)

# The C files of a part's rooms.
room     = $(subst :, ,$(1))
rooms_of = $(foreach r,$(ROOMS),$(if $(filter $(1),$(word 2,$(call room,$r))),$(word 1,$(call room,$r))))
c_of     = $(sort $(filter %.c,$(wildcard $(foreach r,$(rooms_of),$(SOURCES)/$r $(SOURCES)/$r/*.c))))

CORE_C    := $(call c_of,core)
SHARED_C  := $(call c_of,shared)
POLICY_C  := $(call c_of,required)
HELPER_C  := $(call c_of,wstunnel)
UNIT_C    := $(sort $(wildcard test/unit/*_test.c))
FUZZ_C    := $(sort $(wildcard test/fuzz/*_fuzz.c))

CORE_O    := $(CORE_C:%.c=$(OUT)/%.o)
SHARED_O  := $(SHARED_C:%.c=$(OUT)/%.o)
POLICY_O  := $(POLICY_C:%.c=$(OUT)/%.o)
HELPER_O  := $(HELPER_C:%.c=$(OUT)/%.o)
UNIT_BIN  := $(UNIT_C:test/unit/%.c=$(OUT)/unit/%)
LOADS     := $(patsubst test/%.c,$(OUT)/%,$(sort $(wildcard test/load/*.c))) $(OUT)/load/size
FAULTS    := $(patsubst test/%.c,$(OUT)/%.so,$(sort $(wildcard test/fault/*.c)))
REPLAY_BIN:= $(FUZZ_C:test/fuzz/%.c=$(OUT)/fuzz/%)

# Beside each object, which headers it was made from.
DEPENDS := -MMD -MP

# One short line a step; V=1 shows the whole command.
run = $(if $(V),$(2),@printf '  %s  %s\n' '$(1)' '$@' && $(2))

.PHONY: beside all faults loads help rooms setup module unit test asan tsan cov gdb matrix fuzz prove bench bench-tunnels soak size lint demo serve install uninstall man html dist deb rpm clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: module

module: $(MODULES)

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' apxs.mk
	@echo "Other targets: setup module unit asan tsan cov fuzz prove bench lint install man html clean"

# The rooms, one a line: room, part, what it may include.
rooms:
	@printf '%s\n' $(ROOMS) | tr : ' '

# The value of a variable, for scripts: print-HTTPD_FLAGS, print-VERSION.
print-%:
	@printf '%s\n' '$($*)'

# A changed compiler or flag rebuilds: the stamp's time moves only when its text does.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(HTTPD_FLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(HTTPD_FLAGS) $(LDFLAGS)' > $@

$(CORE_O): $(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(CORE_FLAGS) -std=c11 -pedantic $(DEPENDS) -c $< -o $@)

$(SHARED_O) $(POLICY_O) $(HELPER_O): $(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,CC,$(CC) $(HTTPD_FLAGS) $(DEPENDS) -c $< -o $@)

$(LIBRARY): $(CORE_O)
	@rm -f $@
	$(call run,AR,$(AR) rcs $@ $^)

$(POLICY): $(POLICY_O) $(SHARED_O) $(LIBRARY)
$(HELPER): $(HELPER_O) $(SHARED_O) $(LIBRARY)
$(MODULES):
	$(call run,LD,$(CC) -shared $(CFLAGS) $(VARIANT_FLAGS) $(EXTRA) $(LDFLAGS) -o $@ $^)

# No httpd, no APR, no stub: a forbidden call in the core fails here, at link time.
$(OUT)/unit/%: test/unit/%.c test/unit/tap.h $(LIBRARY) $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(CORE_FLAGS) $(DEPENDS) -Itest/unit $(LDFLAGS) $< $(LIBRARY) -o $@)

$(OUT)/fuzz/%: test/fuzz/%.c test/fuzz/replay.c $(LIBRARY) $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(CORE_FLAGS) $(DEPENDS) $(LDFLAGS) $< test/fuzz/replay.c $(LIBRARY) -o $@)

# A program that embeds the core, and nothing else.
$(OUT)/embed/%: test/embed/%.c $(LIBRARY) $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(CORE_FLAGS) -std=c11 -pedantic $(DEPENDS) $(LDFLAGS) $< $(LIBRARY) -o $@)

$(OUT)/unit/embed_test: $(OUT)/embed/refuse

# What tests load into a server to let calls of the system fail, or the MPM be late.
$(OUT)/fault/%.so: test/fault/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LD,$(CC) -shared -fPIC -O2 -Wall -Wextra -Werror $(HTTPD_CPPFLAGS) $(HTTPD_INCLUDES) $< -o $@ -ldl)

faults: $(FAULTS)

# Many clients and their backend, fast enough not to be what is measured.
$(OUT)/load/%: test/load/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LD,$(CC) -O2 -Wall -Wextra -Werror $< -o $@ -lssl -lcrypto)

# It decides by what the module decides by.
$(OUT)/load/size: build/size.c $(LIBRARY) $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(CORE_FLAGS) $(DEPENDS) $< $(LIBRARY) -o $@)

loads: $(LOADS)

# What editors and clangd want to know: each C file, and how it is compiled.
json  = $(subst ",\",$(subst \,\\,$(1)))
entry = '{"directory": "$(CURDIR)", "file": "$(1)", "command": "$(call json,$(CC) $(2) -c $(1))"}'

compile_commands.json: FORCE
	@{ echo '['; printf '%s\n' \
	    $(foreach f,$(CORE_C) $(UNIT_C) $(FUZZ_C) test/fuzz/replay.c build/size.c, \
	        $(call entry,$f,$(CORE_FLAGS) -Itest/unit)) \
	    $(foreach f,$(SHARED_C) $(POLICY_C) $(HELPER_C) $(wildcard test/fault/*.c test/load/*.c test/*.c), \
	        $(call entry,$f,$(HTTPD_FLAGS))) | sed '$$!s/$$/,/'; echo ']'; } > $@

# Unit tests and replayed fuzz corpora only: seconds, and no httpd.
unit: $(UNIT_BIN) $(REPLAY_BIN)
	prove --exec '' $^

setup:
	build/setup

test:
	build/setup suite test demo node
	build/test $(T)

# ThreadSanitizer watches what threads share: the event tunnels.
tsan: T ?= tunnel tunnel_life tunnel_generations
asan tsan cov:
	build/setup suite test demo node
	build/test --variant $@ $(T)

beside:
	build/setup suite node beside
	build/test beside

gdb:
	build/setup suite node gdb
	build/test --gdb "$(B)" $(T)

CELLS ?= *
matrix:
	build/matrix '$(CELLS)'

fuzz:
	build/setup fuzz
	build/fuzz $(SECONDS)

prove:
	build/prove

bench:
	build/setup bench demo
	build/bench
	build/bench-echo
	build/bench-status
	build/bench-hello

bench-tunnels:
	build/setup bench demo suite test
	build/bench-tunnels

MINUTES ?= 30
soak:
	build/setup bench demo
	build/soak $(MINUTES)

N ?= 10000
size:
	build/size $(N)

lint:
	build/setup lint suite node
	build/lint
	prove --exec '' test/lint/planted.py

demo:
	build/setup demo
	build/demo

serve:
	build/setup demo
	build/demo --serve

install: $(MODULES)
	install -d "$(DESTDIR)$(LIBEXECDIR)"
	install -m 644 $(MODULES) "$(DESTDIR)$(LIBEXECDIR)/"

uninstall:
	rm -f $(foreach m,$(notdir $(MODULES)),"$(DESTDIR)$(LIBEXECDIR)/$m")

# The manual as mod_upgrade_required(7); needs lowdown.
man: $(OUT)/mod_upgrade_required.7

$(OUT)/mod_upgrade_required.7: $(SOURCES)/manual.md packaging/man.sed
	@mkdir -p $(@D)
	$(call run,MAN,sed -E -f packaging/man.sed $< | lowdown -s -Tman --parse-no-intraemph \
	    -M title=mod_upgrade_required -M section=7 -M source="mod_upgrade_required $(VERSION)" -o $@)

# The manual for a browser, with an index and a search; needs lowdown.
html:
	build/html build/out/html

dist:
	build/dist

deb:
	build/setup deb
	build/deb

rpm:
	build/rpm

clean:
	rm -rf build/out

-include $(OUT)/embed/refuse.d $(patsubst %.o,%.d,$(CORE_O) $(SHARED_O) $(POLICY_O) $(HELPER_O)) $(UNIT_BIN:=.d) $(REPLAY_BIN:=.d) \
    $(OUT)/load/size.d
