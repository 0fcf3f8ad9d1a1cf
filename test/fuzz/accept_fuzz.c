#include "fuzz.h"

#include "core/response/ur_accept.h"

/* Every field value ends in one of the three forms. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum ur_media media = ur_accept_choose((struct ur_span){(const char *)data, size});

    must(media < UR_MEDIAS && ur_accept_media_type(media) != NULL);
    return 0;
}
