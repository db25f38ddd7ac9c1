// send.c - sends the Ethernet frames of a pcap file again and again through a PACKET_TX_RING.
//   cc -O2 -o send send.c; ip netns exec NAME ./send DEVICE FILE.pcap PACKETS_A_SECOND SECONDS [FIRST]
// At each round the IPv4 addresses of all frames get another second byte, so that each round has connections of its own;
// the rounds are numbered from FIRST on (0).
#define _GNU_SOURCE
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 2048, BLOCK = 1 << 16, BLOCKS = 64, MOST = 400000, BATCH = 64 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 5 && count != 6) return 2;
    unsigned long first = count == 6 ? strtoul(arguments[5], 0, 10) : 0;
    double rate = atof(arguments[3]), seconds = atof(arguments[4]);
    FILE *file = fopen(arguments[2], "rb");
    if (!file) return perror(arguments[2]), 1;
    static uint8_t *frames[MOST];
    static uint32_t lengths[MOST];
    uint32_t header[4], frame_count = 0;
    fseek(file, 24, SEEK_SET);
    while (frame_count < MOST && fread(header, 16, 1, file) == 1) {
        uint8_t *frame = malloc(header[2]);
        if (!frame || header[2] > 1514 || fread(frame, 1, header[2], file) != header[2]) return 1;
        frames[frame_count] = frame;
        lengths[frame_count++] = header[2];
    }
    int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1, version = TPACKET_V2;
    if (fd < 0) return perror("socket"), 1;
    setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version);
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    setsockopt(fd, SOL_PACKET, PACKET_LOSS, &on, sizeof on);
    struct tpacket_req request = {BLOCK, BLOCKS, FRAME, BLOCK / FRAME * BLOCKS};
    if (setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof request)) return perror("ring"), 1;
    uint8_t *ring = mmap(0, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(arguments[1])};
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) return perror(arguments[1]), 1;
    uint64_t sent = 0;
    uint32_t slot = 0;
    double start = now(), time = start;
    while ((time = now()) - start < seconds) {
        uint64_t due = rate > 0 ? (uint64_t)((time - start) * rate) : sent + BATCH;
        int batch = 0;
        while (sent < due && batch < BATCH) {
            struct tpacket2_hdr *head = (void *)(ring + (size_t)slot * FRAME);
            if (*(volatile uint32_t *)&head->tp_status != TP_STATUS_AVAILABLE) break;
            uint32_t index = (uint32_t)(sent % frame_count);
            uint8_t *frame = (uint8_t *)head + TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
            memcpy(frame, frames[index], lengths[index]);
            frame[27] = frame[31] = (uint8_t)(first + sent / frame_count);
            head->tp_len = lengths[index];
            __sync_synchronize();
            *(volatile uint32_t *)&head->tp_status = TP_STATUS_SEND_REQUEST;
            slot = (slot + 1) % request.tp_frame_nr;
            sent++, batch++;
        }
        if (batch) send(fd, 0, 0, MSG_DONTWAIT);
    }
    send(fd, 0, 0, 0);
    printf("%llu %.3f\n", (unsigned long long)sent, now() - start);
    return 0;
}
