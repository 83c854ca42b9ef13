// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// What Swift's Glibc module does not export, or what Embedded Swift (which has no Glibc module) needs.
// Only macros, variadics and GNU extensions get a function of ours; the rest is the header itself.
#ifndef VITALS_CLINUX_H
#define VITALS_CLINUX_H

#include <arpa/inet.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// `errno` is a macro, and must be read at once, before anything else can change it.
int clinux_errno(void);

// A GNU extension: the text of an error number, never NULL, not localised.
const char *clinux_error_text(int error_number);

// A GNU extension (glibc hides the declaration without _GNU_SOURCE).
int clinux_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// Has the kernel drop the first packet (SYN) of who comes to this listener, by a filter, which is made of macros. 0, or
// -1 with errno.
int clinux_drop_newcomers(int descriptor);

#ifndef VITALS_EMBEDDED
// struct ucred is a GNU extension, and what belongs to it is reached by macros: has the kernel say which user and process
// sent each datagram, and receives one with that. Descriptors that come with it are closed. Bytes, or -1 with errno.
int clinux_pass_credentials(int descriptor);
ssize_t clinux_receive_with_sender(int descriptor, void *buffer, size_t size, uid_t *user, pid_t *process);
// The process that listens, or connected, at the other end of a Unix socket: 0 when our PID namespace does not have it, -1
// when there is none.
int clinux_peer_process(int descriptor);
#endif

// ioctl is variadic: bytes that were sent and that the peer has not acknowledged (SIOCOUTQ); -1 when it fails.
int clinux_unacknowledged(int descriptor);
// The same for the columns of a terminal (TIOCGWINSZ); 0 when it is none.
int clinux_terminal_width(int descriptor);

// The number of a network interface, or 0; and its name, in IFNAMSIZ bytes, or -1. if_nametoindex and its kin bring all of
// netlink into a static program.
unsigned int clinux_interface_number(const char *name);
int clinux_interface_name(unsigned int number, char *name);

// `open` is variadic, which Swift does not import.
int clinux_open(const char *path, int flags, unsigned int mode);

// A GNU extension: a file in memory that is closed on exec.
int clinux_memory_file(const char *name);

// epoll_event's data is a union, which Swift would reach through generated accessors.
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t data);

// cpu_set_t is a GNU extension, and counting it is a macro: cores that this process may use.
int clinux_core_count(void);

// Which enum the resource is depends on _GNU_SOURCE. Raises the soft limit of open descriptors to the hard one, and says
// what it is then.
int clinux_raise_descriptor_limit(void);

// Swift imports MAP_FAILED, a cast macro, as nothing.
void *clinux_map_read_only(int descriptor, size_t length);

// A GNU extension: what the calling thread is called in /proc and by debuggers; 15 bytes at most.
void clinux_name_thread(const char *name);

// A GNU extension: the number of the calling thread in /proc (C: gettid).
int clinux_thread_id(void);

// Lowers the priority of the calling thread, which on Linux has one of its own, by so many steps of `nice`, and ends what
// it has of a real-time policy: the macros and enums of <sys/resource.h> depend on _GNU_SOURCE.
void clinux_give_way(int steps);

// What the program was built from, what is linked into it, and the notices that go with that: text that the build gives.
const char *clinux_commit(void);
const char *clinux_libraries(void);
const char *clinux_notices(void);

#ifndef VITALS_EMBEDDED
// A GNU extension: a pipe whose ends are closed on exec, and whose reading end does not block.
int clinux_pipe(int descriptors[2]);
// "NAME=" of a variable that only we have set, for Swift's runtime: children do not get it. NULL when there is none.
const char *clinux_own_variable(void);
// A program to start, by clone, which no Swift can call: the child runs in our memory until it has become the program, so
// it costs no copy of our page tables, and it is safe beside other threads.
struct clinux_start {
    // The first is the program: a path, or with `searches` a name for PATH, as execvp has it.
    char *const *arguments;
    char *const *environment;
    // Where its number is before it runs; at the caller's address, so that another thread may wait for any child meanwhile.
    int *process;
    // What it has for output and errors, and no other descriptor but its input; -1: all that we have.
    int output;
    // What it has for input then; -1: /dev/null.
    int input;
    // The terminal whose foreground its process group becomes, or -1.
    int terminal;
    // Where to write its number in decimal, 12 bytes, or NULL: a part of its environment.
    char *process_text;
    // The signals that it has blocked and ignored: signal 1 is bit 0.
    uint64_t blocked, ignored;
    // A session of its own; otherwise a process group.
    int new_session;
    int searches;
    // Set when it fails: the error number, and whether it is that of exec. The child is then to be waited for.
    int error, is_exec_error;
};
// Its process ID, or -1 with errno.
int clinux_start(struct clinux_start *start);
// Swift has no atomic read of memory that the kernel writes.
int clinux_load(const int *place);
// What was blocked and ignored when this program started.
// Defined by a program of which some runs start no other: whether this is one. Called before main.
__attribute__((weak)) int clinux_starts_none(int argc, char **argv);
uint64_t clinux_first_blocked(void);
uint64_t clinux_first_ignored(void);
// glibc before 2.36 has no pidfd_open: a descriptor that is readable when the process has ended.
int clinux_process_descriptor(int process);
// siginfo_t's fields are macros: a child that has ended (it stays to be waited for), 0 when there is none, -1 when there is
// no child. Of this one, or of all (0).
int clinux_ended_child(int process);
// The signal that has stopped a child, 0 when it goes on again, -1 when neither is new.
int clinux_stop_change(int process);
// Which enum wait4 takes depends on _GNU_SOURCE: how a child ended that has ended, and what it used. 0, or -1.
struct clinux_end {
    int status;
    int64_t user_microseconds, system_microseconds, peak_kilobytes;
};
int clinux_wait(int process, struct clinux_end *end);
// SIG_DFL is a cast macro. Our parent may have left SIGCHLD ignored: then there is no status to wait for.
void clinux_keep_child_statuses(void);
// prctl is variadic: makes orphans of our descendants come to us; whether they do, as those of a first process always do.
int clinux_adopt_orphans(void);
int clinux_adopts_orphans(void);
// ioctl is variadic: the process group in a terminal's foreground, or -1, when it is not the terminal of our session.
int clinux_terminal_group(int terminal);
int clinux_set_terminal_group(int terminal, int group);
#endif

// The set of signals as an array, because sigset_t is filled by macros elsewhere.
int clinux_block_signals(const int *signals, int count);
int clinux_signal_descriptor(const int *signals, int count);
// A signal descriptor only has what every thread blocks. From now on a thread to which one of these signals comes blocks it,
// by the context of its handler, and sends it to the process again.
void clinux_collect_signals(const int *signals, int count);
// SIG_IGN is a cast macro.
void clinux_ignore_signal(int signal_number);
// So is the one it is compared with: 1 when the signal is ignored now, as our parent may have left it.
int clinux_is_signal_ignored(int signal_number);

// What a program that a signal ends says, on standard error and on standard output. Empty texts are not written.
struct clinux_words {
    char *error;
    char *output;
};

// The words for each signal, and the status to exit with.
struct clinux_last_words {
    int status;
    struct clinux_words alarm, terminate, interrupt;
};

// A signal handler may only do what is async-signal-safe: this one writes the words and ends the process, whatever
// the program is stuck in. The texts come from malloc, and belong to the function from then on; it frees those of the
// call before. One that is NULL is not said. The first call installs the handler for SIGALRM, SIGTERM and SIGINT.
void clinux_set_last_words(struct clinux_last_words words);
// Sends SIGALRM to the process after this time.
void clinux_set_alarm(int64_t microseconds);

// Embedded Swift has no CommandLine: what a constructor kept of main's arguments.
int clinux_argument_count(void);
const char *clinux_argument(int index);

// glibc declares `environ` with _GNU_SOURCE only: its variables, each NAME=VALUE; NULL after the last.
const char *clinux_environment(int index);

#endif
