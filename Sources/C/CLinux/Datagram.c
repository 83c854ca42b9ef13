// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Datagrams of other processes of this machine. Not in the probe, which receives none.
#define _GNU_SOURCE
#include "CLinux.h"

#ifndef VITALS_EMBEDDED
int clinux_pass_credentials(int descriptor) {
    int on = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

ssize_t clinux_receive_with_sender(int descriptor, void *buffer, size_t size, uid_t *user, pid_t *process) {
    // Room for the credentials alone: without room for them the kernel closes the descriptors of a message.
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(descriptor, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    *user = (uid_t)-1;
    *process = 0;
    struct cmsghdr *header = count < 0 ? NULL : CMSG_FIRSTHDR(&message);
    for (; header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET) continue;
        struct ucred sender;
        if (header->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&sender, CMSG_DATA(header), sizeof sender);
            *user = sender.uid;
            *process = sender.pid;
        } else if (header->cmsg_type == SCM_RIGHTS) {
            // A small one may have found room all the same.
            size_t bytes = header->cmsg_len - CMSG_LEN(0);
            for (size_t offset = 0; offset + sizeof(int) <= bytes; offset += sizeof(int)) {
                int received;
                memcpy(&received, CMSG_DATA(header) + offset, sizeof received);
                close(received);
            }
        }
    }
    return count;
}

int clinux_peer_process(int descriptor) {
    struct ucred peer = {0};
    socklen_t length = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : -1;
}
#endif
