/* Feeds the corpus of a fuzz target to it, compiled by the ordinary compiler: one TAP
 * line a file. Run from the top of the tree; the corpus is found by the program's name
 * (list_fuzz reads test/fuzz/corpus/list). A target that finds something aborts. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each input has memory of exactly its size, so that a sanitizer sees one byte too many. */
static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;
    uint8_t *data;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    rewind(file);
    data = malloc(size ? (size_t)size : 1);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    const char *end = strstr(name, "_fuzz");
    int count = 0;
    char folder[128];
    char path[512];
    DIR *dir;

    (void)argc;
    snprintf(folder, sizeof folder, "test/fuzz/corpus/%.*s", end ? (int)(end - name) : 0, name);
    dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            replay(path);
            printf("ok %d - %s\n", ++count, entry->d_name);
        }
    }
    if (!count) {
        printf("not ok 1 - no corpus in %s\n1..1\n", folder);
        return EXIT_FAILURE;
    }
    closedir(dir);
    printf("1..%d\n", count);
    return EXIT_SUCCESS;
}
