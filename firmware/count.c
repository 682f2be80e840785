/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The counting image: the same replay, with every heap call made through the plugin's window, and
 * the adversarial heaps. Words on the command line: packs to replay, and "adversarial".
 */

#include <string.h>

#include "adversarial.h"
#include "measured.h"
#include "stream.h"

static bool groups_ok = true;

static void begin(const char *name)
{
    groups_ok = measured_group(name) && groups_ok;
    if (!groups_ok) {
        port_exit(EXIT_FAIL);
    }
}

int image_main(const char *const *words, size_t nwords)
{
    struct stream_totals totals = {0};
    struct subject measured;
    bool whole = true, adversarial = false;

    measured_names();
    measured_subject(&measured);
    begin("proof");
    measured_proof();
    for (size_t i = 1; i < nwords && whole; i++) {
        if (strcmp(words[i], "adversarial") == 0) {
            adversarial = true;
            whole = adversarial_run(&measured, begin);
        } else {
            const struct stream_job job = {
                .path = words[i], .subject = &measured, .begin = begin, .want = -1};
            whole = stream_replay(&job, &totals);
        }
    }
    if (totals.programs == 0 && (adversarial || nwords <= 1)) {
        return whole ? EXIT_PASS : EXIT_FAIL;
    }
    return stream_verdict(whole, &totals);
}
