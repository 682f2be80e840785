# SPDX-License-Identifier: Apache-2.0
# The rules behind build.sh; run from the root of the tree, with build.sh's variables.

MAKEFLAGS += -rR
# V=1 shows whole commands: seed lists and link lines drown everything else.
Q := $(if $(V),,@)
SHELL := /bin/bash
.DELETE_ON_ERROR:
.SECONDARY:

# fuzz_heap once per header format and probe bound (ALLOC_LOOPS): a model with a wrong bucket rule goes unseen at 3
# and dies at once at 1. fuzz_edge and fuzz_text need one heap to run on: the default configuration.
formats := small big auto
loops   := 1 3 255
heap_targets := $(foreach f,$(formats),$(foreach l,$(loops),fuzz_heap_$(f)_$(l)))
# The heaps that stand on a port: the system heap on both back ends, and what runs in the simulation.
# What must survive misuse, hardening 2, in both header formats.
hard_formats   := small big
misuse_targets := $(foreach f,$(hard_formats),fuzz_misuse_$(f))
port_targets := fuzz_system fuzz_system_legacy fuzz_multi
sim_targets  := fuzz_kheap fuzz_pool
all_targets  := $(heap_targets) fuzz_edge fuzz_text $(misuse_targets) $(port_targets) $(sim_targets)
targets := $(or $(strip $(FUZZ_TARGETS)),$(all_targets))

define_small := -DCONFIG_SYS_HEAP_SMALL_ONLY=1
define_big   := -DCONFIG_SYS_HEAP_BIG_ONLY=1
define_auto  := -DCONFIG_SYS_HEAP_AUTO=1
define_hard  := -DCONFIG_SYS_HEAP_HARDENING_LEVEL=2
# $(1): format_loops, or format_loops_hard
defines = $(define_$(word 1,$(subst _, ,$(1)))) -DCONFIG_SYS_HEAP_ALLOC_LOOPS=$(word 2,$(subst _, ,$(1))) \
          $(define_$(word 3,$(subst _, ,$(1)))) '-DKHEAP_CONFIG_HEADER="kheap_probe.h"' $(LIB_DEFINES) $(lib_flags)
# Where a listener costs nothing that is measured it is on, so that every input tests its events too.
port_define_system        := -DCONFIG_HEAP_MEM_POOL_SIZE=1 -DCONFIG_SYS_HEAP_LISTENER=1
port_define_system_legacy := -DCONFIG_HEAP_MEM_POOL_SIZE=16384 -DCONFIG_HEAP_MEM_POOL_LEGACY=1
port_define_multi         := -DCONFIG_SYS_HEAP_LISTENER=1
port_defines = $(port_define_$(1)) '-DKHEAP_CONFIG_HEADER="kheap_probe.h"' $(LIB_DEFINES) $(lib_flags)
sim_defines  = '-DKHEAP_CONFIG_HEADER="sim_config.h"' $(LIB_DEFINES) $(lib_flags)
label = '-DSUBJECT_NAME="$(1)"'

include_flags := -Isubjects -Iops -Ireference -Isim -Ifuzz
lib_flags := -I$(LIB_DIR)/include -I$(LIB_DIR)/src
c_flags := -std=gnu11 $(include_flags) -MMD -MP

lib_sources  := $(wildcard $(LIB_DIR)/src/*.c)
ops_sources  := $(wildcard ops/*.c)
text_sources := $(wildcard ops/text*.c) ops/record.c ops/op.c
heaps_sources := $(lib_sources) $(wildcard $(LIB_DIR)/src/heaps/*.c)
shared_sources  := $(ops_sources) $(wildcard reference/*.c) fuzz/target.c fuzz/limit.c
harness_sources := $(shared_sources) fuzz/target_run.c
# What of the simulation is compiled against the library, once for each; the rest is harness.
sim_lib_sources := sim/port.c sim/subject_common.c sim/kheap_subject.c sim/pool_subject.c
sim_sources     := $(filter-out $(sim_lib_sources) sim/explore%,$(wildcard sim/*.c)) fuzz/target_sim.c
shell_sources := $(if $(FUZZ_MUTATOR),fuzz/shell_libfuzzer.c)
tool_sources := $(ops_sources) $(wildcard reference/*.c) fuzz/corpus_tool.c fuzz/limit.c

# What runs for every op is one translation unit, so that it is inlined into one another.
# Shadows and the ledger are for other heaps than fuzz_heap's, and some words are rare: these stay out of the way.
cold_sources := ops/runner_shadow.c ops/runner_events.c ops/runner_print.c ops/runner_misuse.c ops/runner_damage.c
hot_sources := $(sort $(filter-out $(cold_sources),$(wildcard ops/runner*.c)) \
               reference/heap_model.c ops/apply.c ops/digest.c ops/op.c ops/oracle.c ops/record.c ops/replay.c \
               fuzz/target.c fuzz/target_run.c fuzz/limit.c)

harness_objects := $(O)/harness/hot.o \
                   $(patsubst %.c,$(O)/harness/%.o,$(filter-out $(hot_sources),$(harness_sources)))
# For fuzz_text the parser is what is fuzzed: it is instrumented as lib/ is.
text_objects := $(patsubst %.c,$(O)/harness/%.o,$(filter-out $(text_sources),$(harness_sources))) \
                $(text_sources:%.c=$(O)/text/%.o)
sim_objects := $(patsubst %.c,$(O)/harness/%.o,$(shared_sources) $(sim_sources))
lib_objects = $(patsubst $(LIB_DIR)/src/%.c,$(L)_$(1)/%.o,$(lib_sources)) $(L)_$(1)/subject.o

beside = $(foreach s,.dict .options _seed_corpus.zip,$(OUT)/$(1)$(s))
.PHONY: all targets rate
all: targets $(foreach t,$(targets),$(call beside,$(t)))
targets: $(targets:%=$(OUT)/%)

$(O)/harness/%.o: %.c
	@mkdir -p $(@D)
	@echo "  harness $<"
	$(Q)$(HARNESS_CC) $(HARNESS_CFLAGS) $(c_flags) -c $< -o $@
$(O)/hot.c: fuzz/targets.mk
	@mkdir -p $(@D)
	$(Q)printf '#include "%s"\n' $(hot_sources) > $@
$(O)/harness/hot.o: $(O)/hot.c
	@mkdir -p $(@D)
	@echo "  harness hot.c"
	$(Q)$(HARNESS_CC) $(HARNESS_CFLAGS) $(c_flags) -I. -c $< -o $@
$(O)/text/%.o: %.c
	@mkdir -p $(@D)
	@echo "  parser  $<"
	$(Q)$(CC) $(CFLAGS) $(c_flags) -c $< -o $@

define variant
$(L)_$(1)/%.o: $(LIB_DIR)/src/%.c
	@mkdir -p $$(@D)
	@echo "  lib     $(1) $$(<F)"
	$$(Q)$$(CC) $$(CFLAGS) $$(c_flags) $(call defines,$(1)) -c $$< -o $$@
$(L)_$(1)/subject.o: subjects/kheap.c
	@mkdir -p $$(@D)
	$$(Q)$$(HARNESS_CC) $$(HARNESS_CFLAGS) $$(c_flags) $(call defines,$(1)) \
	  '-DSUBJECT_NAME="kheap-$(subst _,-,$(1))"' -c $$< -o $$@
$(OUT)/fuzz_heap_$(1): $(O)/harness/fuzz/fuzz_heap.o $(harness_objects) $$(call lib_objects,$(1)) \
                       $(shell_sources:%.c=$(O)/harness/%.o)
	@echo "  link    $$(@F)"
	$$(Q)$$(CXX) $$(CXXFLAGS) $$^ $$(LIB_FUZZING_ENGINE) -ldl -o $$@
# The rate of fuzz_heap's entry without an engine around it.
$(OUT)/fuzz_rate_$(1): $(O)/harness/fuzz/rate.o $(O)/harness/fuzz/fuzz_heap.o $(harness_objects) \
                       $$(call lib_objects,$(1))
	@echo "  link    $$(@F)"
	$$(Q)$$(CXX) $$(CXXFLAGS) $$^ -ldl -o $$@
# The same heap for the command line: a finding is shrunk and replayed on this.
$(OUT)/kheap_$(1).so: $(lib_sources) subjects/kheap.c subjects/plugin.c $(wildcard subjects/*.h)
	@echo "  link    $$(@F)"
	$$(Q)$$(HARNESS_CC) -O2 -g -fPIC -shared -fvisibility=hidden -std=gnu11 $(include_flags) $(call defines,$(1)) \
	  '-DSUBJECT_NAME="kheap-$(subst _,-,$(1))"' $$(filter %.c,$$^) -o $$@
endef
$(foreach f,$(formats),$(foreach l,$(loops),$(eval $(call variant,$(f)_$(l)))))
$(foreach f,$(hard_formats),$(eval $(call variant,$(f)_3_hard)))

define misuse_target
$(OUT)/fuzz_misuse_$(1): $(O)/harness/fuzz/fuzz_misuse.o $(harness_objects) $(call lib_objects,$(1)_3_hard) \
                         $(shell_sources:%.c=$(O)/harness/%.o)
	@echo "  link    $$(@F)"
	$$(Q)$$(CXX) $$(CXXFLAGS) $$^ $$(LIB_FUZZING_ENGINE) -ldl -o $$@
endef
$(foreach f,$(hard_formats),$(eval $(call misuse_target,$(f))))


# $(1): the target's name behind fuzz_, which its heap has too.
port_objects = $(patsubst $(LIB_DIR)/%.c,$(L)_$(1)/%.o,$(heaps_sources) $(LIB_DIR)/port/none/port.c)
subject_of_system        := subjects/kheap_system.c
subject_of_system_legacy := subjects/kheap_system.c
subject_of_multi         := subjects/kheap_multi.c
define port_target
$(L)_$(1)/%.o: $(LIB_DIR)/%.c
	@mkdir -p $$(@D)
	@echo "  lib     $(1) $$(<F)"
	$$(Q)$$(CC) $$(CFLAGS) $$(c_flags) $(call port_defines,$(1)) -c $$< -o $$@
$(L)_$(1)/subject.o: $(subject_of_$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(HARNESS_CC) $$(HARNESS_CFLAGS) $$(c_flags) $(call port_defines,$(1)) \
	  $(call label,$(subst _,-,$(1))) -c $$< -o $$@
$(OUT)/fuzz_$(1): $(O)/harness/fuzz/fuzz_$(word 1,$(subst _, ,$(1))).o $(harness_objects) $(call port_objects,$(1)) \
                  $(L)_$(1)/subject.o $(shell_sources:%.c=$(O)/harness/%.o)
	@echo "  link    $$(@F)"
	$$(Q)$$(CXX) $$(CXXFLAGS) $$^ $$(LIB_FUZZING_ENGINE) -ldl -o $$@
$(OUT)/kheap_$(1).so: $(heaps_sources) $(LIB_DIR)/port/none/port.c $(subject_of_$(1)) subjects/plugin.c $(wildcard subjects/*.h)
	@echo "  link    $$(@F)"
	$$(Q)$$(HARNESS_CC) -O2 -g -fPIC -shared -fvisibility=hidden -std=gnu11 $(include_flags) $(call port_defines,$(1)) \
	  $(call label,$(subst _,-,$(1))) $$(filter %.c,$$^) -o $$@
endef
$(foreach t,$(port_targets:fuzz_%=%),$(eval $(call port_target,$(t))))

# In the simulation its port stands behind the library; both of its targets hold the same.
$(L)_sim/lib/%.o: $(LIB_DIR)/%.c
	@mkdir -p $(@D)
	@echo "  lib     sim $(<F)"
	$(Q)$(CC) $(CFLAGS) $(c_flags) $(sim_defines) -c $< -o $@
$(L)_sim/sim/%.o: sim/%.c
	@mkdir -p $(@D)
	$(Q)$(HARNESS_CC) $(HARNESS_CFLAGS) $(c_flags) $(sim_defines) -c $< -o $@
sim_lib_objects := $(patsubst $(LIB_DIR)/%.c,$(L)_sim/lib/%.o,$(heaps_sources)) \
                   $(sim_lib_sources:sim/%.c=$(L)_sim/sim/%.o)
$(sim_targets:%=$(OUT)/%): $(OUT)/%: $(O)/harness/fuzz/%.o $(sim_objects) $(sim_lib_objects) \
                           $(shell_sources:%.c=$(O)/harness/%.o)
	@echo "  link    $(@F)"
	$(Q)$(CXX) $(CXXFLAGS) $^ $(LIB_FUZZING_ENGINE) -ldl -o $@

$(OUT)/fuzz_edge: $(O)/harness/fuzz/fuzz_edge.o $(harness_objects) $(call lib_objects,auto_3) \
                  $(shell_sources:%.c=$(O)/harness/%.o)
	@echo "  link    $(@F)"
	$(Q)$(CXX) $(CXXFLAGS) $^ $(LIB_FUZZING_ENGINE) -ldl -o $@
$(OUT)/fuzz_text: $(O)/text/fuzz/fuzz_text.o $(text_objects) $(call lib_objects,auto_3)
	@echo "  link    $(@F)"
	$(Q)$(CXX) $(CXXFLAGS) $^ $(LIB_FUZZING_ENGINE) -ldl -o $@

# AFL++ loads this into afl-fuzz itself: plain code, whatever the targets are built with.
$(OUT)/afl_mutator.so: fuzz/shell_afl.c $(ops_sources) fuzz/targets.mk
	@echo "  link    $(@F)"
	$(Q)$(HARNESS_CC) -O2 -fPIC -shared -fvisibility=default -std=gnu11 $(include_flags) fuzz/shell_afl.c \
	  $(filter-out ops/host% ops/shrink% ops/runner% ops/oracle% ops/report% ops/die%,$(ops_sources)) -o $@

# The corpus tool runs here and now: it takes no flags of the targets.
$(O)/tool/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 $(c_flags) -c $< -o $@
$(O)/fuzz_corpus: $(tool_sources:%.c=$(O)/tool/%.o)
	$(Q)$(CC) $^ -ldl -o $@
corpus_tool := $(or $(CORPUS_TOOL),$(O)/fuzz_corpus)

seed_files := $(sort $(wildcard corpus/seeds/*.ops corpus/regress/*.ops corpus/misuse/*.ops))
seed_folders := $(wildcard corpus/seeds corpus/regress)
# The programs that a target of this kind can run.
$(O)/%_seeds.zip: $(seed_files) $(corpus_tool) fuzz/make_zip.py
	$(Q)rm -rf $(O)/$*_seeds && mkdir -p $(O)/$*_seeds
	$(Q)$(corpus_tool) records $* $(O)/$*_seeds $(seed_files)
	$(Q)python3 fuzz/make_zip.py $@ $(O)/$*_seeds/*
$(O)/text_seeds.zip: $(seed_files) fuzz/make_zip.py
	$(Q)python3 fuzz/make_zip.py $@ $(seed_files)
$(O)/%.dict: $(corpus_tool)
	$(Q)$(corpus_tool) dict $* > $@

kind = $(if $(filter $(1),fuzz_text $(misuse_targets) $(port_targets) $(sim_targets)),$(word 2,$(subst _, ,$(1))),heap)
options = $(if $(filter $(1),$(sim_targets)),threads,$(if $(filter fuzz_text,$(1)),text,heap))
define data_files
$(OUT)/$(1)_seed_corpus.zip: $(O)/$(call kind,$(1))_seeds.zip
	$(Q)cp $$< $$@
$(OUT)/$(1).dict: $(O)/$(call kind,$(1)).dict
	$(Q)cp $$< $$@
$(OUT)/$(1).options: fuzz/fuzz_$(call options,$(1)).options
	$(Q)cp $$< $$@
endef
$(foreach t,$(all_targets),$(eval $(call data_files,$(t))))

-include $(shell test -d $(O) && find $(O) -name '*.d')
