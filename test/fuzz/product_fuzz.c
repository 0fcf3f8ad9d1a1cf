#include "fuzz.h"

#include "core/protocol/ur_product.h"

/* A token of at most its length; from the beginning of the value, as far as it goes, or "-". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span value = {(const char *)data, size};
    struct ur_span word = ur_product_word(value);

    must(ur_span_is_token(word) && word.len <= UR_PRODUCT_MAX);
    if (word.at == value.at) {
        must(word.len <= size);
        must(word.len == size || word.len == UR_PRODUCT_MAX ||
             !ur_span_is_token((struct ur_span){word.at + word.len, 1}));
    }
    else {
        must(ur_span_is(word, UR_SPAN("-")));
        must(!size || !ur_span_is_token((struct ur_span){value.at, 1}));
    }
    return 0;
}
