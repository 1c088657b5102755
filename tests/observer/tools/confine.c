// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a program under a seccomp filter that allows what its arguments say and answers EPERM to all
 * else, as a container runtime does with a profile:
 *
 *   confine RULE... -- PROGRAM ARGUMENT...   runs the program
 *   confine RULE... --try NR [ARGUMENT...]   makes that system call and prints 0 or errno
 *
 * A rule is a system call's number, then for each condition ",index,mask,value": the argument of that
 * index must equal the value where the mask has ones. Several rules of a number are alternatives.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSTRUCTIONS_MAX 4096
#define RULE_INSTRUCTIONS_MAX 64

static struct sock_filter filter[INSTRUCTIONS_MAX];
static unsigned short length;

static void statement(uint16_t code, uint32_t value)
{
	filter[length++] = (struct sock_filter)BPF_STMT(code, value);
}

/* A condition's half word: whatever differs leaves the rule; the distance is filled in later. */
static void compare(uint32_t offset, uint32_t mask, uint32_t value)
{
	statement(BPF_LD | BPF_W | BPF_ABS, offset);
	statement(BPF_ALU | BPF_AND | BPF_K, mask);
	filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 255);
}

static void rule(char *text)
{
	unsigned short start = length;
	char *next = text;

	if (length + RULE_INSTRUCTIONS_MAX > INSTRUCTIONS_MAX)
		exit(125);
	statement(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							strtoul(next, &next, 10), 0, 255);
	while (*next == ',') {
		uint32_t argument = offsetof(struct seccomp_data, args) +
				    8 * (uint32_t)strtoul(next + 1, &next, 10);
		uint64_t mask = strtoull(next + 1, &next, 10);
		uint64_t value = strtoull(next + 1, &next, 10);

		compare(argument, (uint32_t)mask, (uint32_t)value);
		compare(argument + 4, (uint32_t)(mask >> 32), (uint32_t)(value >> 32));
	}
	if (*next != '\0')
		exit(125);
	statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	for (unsigned short at = start; at < length; at++) {
		if (BPF_CLASS(filter[at].code) == BPF_JMP)
			filter[at].jf = (uint8_t)(length - at - 1);
	}
}

static int try_call(int count, char **texts)
{
	long number[7] = { 0 };

	for (int i = 0; i < count && i < 7; i++)
		number[i] = (long)strtoull(texts[i], NULL, 0);
	errno = 0;
	syscall(number[0], number[1], number[2], number[3], number[4], number[5], number[6]);
	printf("%d\n", errno);
	return 0;
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { 0, filter };
	int at = 1;

	for (; at < argc && argv[at][0] != '-'; at++)
		rule(argv[at]);
	if (at + 1 >= argc)
		return 125;
	statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 125;
	if (strcmp(argv[at], "--try") == 0)
		return try_call(argc - at - 1, argv + at + 1);
	execv(argv[at + 1], argv + at + 1);
	return 126;
}
