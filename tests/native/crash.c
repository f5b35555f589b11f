/* A plugin that ends as its payload says: by a memory error, by abort(), or well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
    int width;
    int pixels[4];
};

__attribute__((noinline)) static int first_pixel(struct image *image) { return image->pixels[0]; }

__attribute__((noinline)) static int process_image(const char *payload) {
    /* As far from every mapping as the guide's address. */
    struct image *image = strstr(payload, "null") ? NULL : (struct image *)0xdeadbeeful;
    return first_pixel(image);
}

int main(void) {
    char payload[4096] = "";
    size_t length = fread(payload, 1, sizeof payload - 1, stdin);
    payload[length] = 0;
    fprintf(stderr, "about to process %s\n", payload);
    if (strstr(payload, "abort")) {
        abort();
    }
    if (strstr(payload, "well")) {
        puts("\"well\"");
        return 0;
    }
    return process_image(payload);
}
