/* Counts what a process changes below one directory, and lets the n-th change end badly.
 *
 * Preloaded (LD_PRELOAD), it stands before the calls of libc that change files, those of SQLite
 * included. Nothing happens before crash_arm() says what is to. A call that would change nothing,
 * such as mkdir of what exists, is not counted. Paths are absolute, or relative to a descriptor.
 *
 * Nothing is synced for real: what a killed process wrote is with the kernel, and what a power cut
 * leaves is worked out from the record (power_cut.py). So a point does not wait for a disk.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { OFF, KILL, TORN, NO_SPACE_ONCE, NO_SPACE, IO_ERROR, RECORD }; /* as in points.py */
enum needs { NOTHING, SPACE, BYTES, SYNC };                               /* of the disk */
enum { TEAR = -1 };

static char root[PATH_MAX];
static size_t root_length;
static enum mode mode;
static long at;
static atomic_long calls;
static int log_file;
static pthread_mutex_t in_order = PTHREAD_MUTEX_INITIALIZER;

/* For the tests, by ctypes. */

void crash_watch(const char *folder) { root_length = strlen(strcpy(root, folder)); }

long crash_count(void) { return calls; }

void crash_arm(int new_mode, long new_at, int new_log_file)
{
	at = new_at;
	log_file = new_log_file;
	if (new_mode)
		calls = 0;
	mode = new_mode;
}

/* Where a call goes: sets the path, and returns whether it is watched. */

static int below(const char *path)
{
	return root_length && !strncmp(path, root, root_length) && path[root_length] == '/';
}

static int of_file(int fd, char *path)
{
	char link[40];
	if (!root_length)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, PATH_MAX - 1);
	path[length < 0 ? 0 : length] = 0;
	return below(path);
}

static int of_name(int folder, const char *name, char *path)
{
	size_t length = 0;
	if (name[0] != '/' && folder != AT_FDCWD && of_file(folder, path)) {
		length = strlen(path);
		path[length++] = '/';
	}
	return snprintf(path + length, PATH_MAX - length, "%s", name) && below(path);
}

static int exists(const char *path)
{
	struct stat status;
	return !lstat(path, &status);
}

/* What becomes of a call: 0 if it goes on, the number of an error, or TEAR. */

static int fault(enum needs needs)
{
	int space = mode == NO_SPACE_ONCE || mode == NO_SPACE;
	if (mode == OFF || mode == RECORD || (mode == TORN && needs != BYTES) || (space && !needs))
		return 0;
	if (mode == KILL && needs == SYNC) /* leaves what a kill before the next call leaves */
		return 0;
	long number = atomic_fetch_add(&calls, 1) + 1;
	if (number != at && !(mode == NO_SPACE && at && number > at))
		return 0;
	if (mode == KILL)
		kill(getpid(), SIGKILL);
	return space ? ENOSPC : mode == TORN ? TEAR : EIO;
}

/* The record: a line for each change, with tabs between what, path, other path, number, and the
 * length of the bytes that follow. One change happens at a time, so that lines are in order. */

static void log_bytes(const void *bytes, long length)
{
	if (length <= 0 || syscall(SYS_write, log_file, bytes, length) != length)
		kill(getpid(), SIGABRT);
}

static void note(const char *what, const char *path, const char *other, long number, long length)
{
	char line[2 * PATH_MAX + 100];
	log_bytes(line, snprintf(line, sizeof line, "%s\t%s\t%s\t%ld\t%ld\n", what, path, other,
				 number, length));
}

static void note_bytes(int fd, const char *path, off_t offset, ssize_t length)
{
	char link[40], bytes[4096]; /* read back, because sendfile does not show them */
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	int file = syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC);
	off_t end = offset < 0 ? lseek(fd, 0, SEEK_CUR) : offset + length;
	note("write", path, "", end - length, length);
	for (ssize_t got; length > 0; length -= got) {
		got = pread(file, bytes, length < 4096 ? length : 4096, end - length);
		log_bytes(bytes, got);
	}
	close(file);
}

void crash_mark(long number) /* so many steps are acknowledged by now */
{
	pthread_mutex_lock(&in_order);
	note("mark", "", "", number, 0);
	pthread_mutex_unlock(&in_order);
}

/* The calls. One that is watched may fail, is carried out, and is noted if it succeeded. */

#define CHANGE(watched, fault, call, noted)                   \
	do {                                                  \
		int recorded = 0, error;                      \
		if (watched) {                                \
			if ((error = fault)) {                \
				errno = error;                \
				return -1;                    \
			}                                     \
			recorded = mode == RECORD;            \
		}                                             \
		if (recorded)                                 \
			pthread_mutex_lock(&in_order);        \
		long result = call;                           \
		error = errno;                                \
		if (recorded && result >= 0)                  \
			noted;                                \
		if (recorded)                                 \
			pthread_mutex_unlock(&in_order);      \
		errno = error;                                \
		return result;                                \
	} while (0)

static ssize_t put(int fd, const struct iovec *parts, int count, off_t offset)
{
	return offset < 0 ? syscall(SYS_writev, fd, parts, count)
			  : syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

static int fault_of_bytes(int fd, const struct iovec *parts, off_t offset)
{
	struct iovec half = {parts->iov_base, parts->iov_len / 2};
	int error = fault(half.iov_len ? BYTES : SPACE);
	if (error == TEAR && put(fd, &half, 1, offset))
		kill(getpid(), SIGKILL);
	return error;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	char path[PATH_MAX];
	CHANGE(of_file(fd, path), fault_of_bytes(fd, parts, offset), put(fd, parts, count, offset),
	       note_bytes(fd, path, offset, result));
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return pwritev(fd, &(struct iovec){(void *)bytes, length}, 1, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) { return pwritev(fd, parts, count, -1); }
ssize_t write(int fd, const void *bytes, size_t length) { return pwrite(fd, bytes, length, -1); }

ssize_t sendfile(int to, int from, off_t *offset, size_t length)
{
	char path[PATH_MAX];
	CHANGE(of_file(to, path), fault(SPACE), syscall(SYS_sendfile, to, from, offset, length),
	       note_bytes(to, path, -1, result));
}

ssize_t copy_file_range(int from, off_t *start, int to, off_t *place, size_t length, unsigned flags)
{
	char path[PATH_MAX];
	off_t offset = place ? *place : -1;
	CHANGE(of_file(to, path), fault(SPACE),
	       syscall(SYS_copy_file_range, from, start, to, place, length, flags),
	       note_bytes(to, path, offset, result));
}

int fsync(int fd)
{
	char path[PATH_MAX];
	CHANGE(of_file(fd, path), fault(SYNC), 0, note("sync", path, "", 0, 0));
}

static int open_named(int folder, const char *name, int flags, mode_t bits)
{
	char path[PATH_MAX];
	int changes = flags & (O_CREAT | O_TRUNC) && of_name(folder, name, path);
	int there = changes && exists(path);
	CHANGE(changes && flags & (there ? O_TRUNC : O_CREAT), fault(there ? NOTHING : SPACE),
	       syscall(SYS_openat, folder, name, flags, bits),
	       note(there ? "truncate" : "create", path, "", there ? 0 : bits, 0));
}

#define BITS_AFTER(flags)                                                     \
	va_list more;                                                         \
	va_start(more, flags);                                                \
	int given = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;      \
	mode_t bits = given ? va_arg(more, mode_t) : 0;                       \
	va_end(more)

int openat(int folder, const char *name, int flags, ...)
{
	BITS_AFTER(flags);
	return open_named(folder, name, flags, bits);
}

int open(const char *name, int flags, ...)
{
	BITS_AFTER(flags);
	return open_named(AT_FDCWD, name, flags, bits);
}

/* Calls that need nothing special. */
#define CALL(name, parameters, watched, needs, what, number, ...)                   \
	int name parameters                                                         \
	{                                                                           \
		char path[PATH_MAX], other[PATH_MAX] = "";                          \
		CHANGE(watched, fault(needs), syscall(SYS_##name, __VA_ARGS__),     \
		       note(what, path, other, number, 0));                         \
	}
CALL(mkdirat, (int folder, const char *name, mode_t bits),
     of_name(folder, name, path) && !exists(path), SPACE, "mkdir", bits, folder, name, bits)
CALL(renameat2, (int from, const char *name, int to, const char *new, unsigned flags),
     of_name(from, name, path) & of_name(to, new, other), SPACE, "rename", 0, from, name, to, new, flags)
CALL(linkat, (int from, const char *name, int to, const char *new, int flags),
     of_name(to, new, path), SPACE, "link", 0, from, name, to, new, flags)
CALL(symlinkat, (const char *target, int folder, const char *name), of_name(folder, name, path),
     SPACE, "link", 0, target, folder, name)
CALL(unlinkat, (int folder, const char *name, int flags),
     of_name(folder, name, path) && exists(path), NOTHING, "remove", 0, folder, name, flags)
CALL(fchmodat, (int folder, const char *name, mode_t bits, int flags), of_name(folder, name, path),
     NOTHING, "chmod", bits, folder, name, bits, flags)
CALL(fchmod, (int fd, mode_t bits), of_file(fd, path), NOTHING, "chmod", bits, fd, bits)
CALL(ftruncate, (int fd, off_t length), of_file(fd, path), NOTHING, "truncate", length, fd, length)
CALL(fallocate, (int fd, int how, off_t offset, off_t length), of_file(fd, path), SPACE, "allocate",
     how ? 0 : offset + length, fd, how, offset, length)

/* Other names of the same. */

#define OTHER(name, of, parameters, ...) \
	int name parameters { return of(__VA_ARGS__); }
OTHER(mkdir, mkdirat, (const char *name, mode_t bits), AT_FDCWD, name, bits)
OTHER(unlink, unlinkat, (const char *name), AT_FDCWD, name, 0)
OTHER(rmdir, unlinkat, (const char *name), AT_FDCWD, name, AT_REMOVEDIR)
OTHER(chmod, fchmodat, (const char *name, mode_t bits), AT_FDCWD, name, bits, 0)
OTHER(symlink, symlinkat, (const char *target, const char *name), target, AT_FDCWD, name)
OTHER(link, linkat, (const char *name, const char *new), AT_FDCWD, name, AT_FDCWD, new, 0)
OTHER(rename, renameat2, (const char *name, const char *new), AT_FDCWD, name, AT_FDCWD, new, 0)
OTHER(renameat, renameat2, (int from, const char *name, int to, const char *new), from, name, to, new, 0)

int posix_fallocate(int fd, off_t offset, off_t length)
{
	return fallocate(fd, 0, offset, length) ? errno : 0;
}

#define SAME(type, name, of, ...) type name(__VA_ARGS__) __attribute__((alias(of)))
SAME(int, open64, "open", const char *, int, ...);
SAME(int, openat64, "openat", int, const char *, int, ...);
SAME(ssize_t, pwrite64, "pwrite", int, const void *, size_t, off_t);
SAME(ssize_t, pwritev64, "pwritev", int, const struct iovec *, int, off_t);
SAME(ssize_t, sendfile64, "sendfile", int, int, off_t *, size_t);
SAME(int, fdatasync, "fsync", int);
SAME(int, ftruncate64, "ftruncate", int, off_t);
SAME(int, fallocate64, "fallocate", int, int, off_t, off_t);
SAME(int, posix_fallocate64, "posix_fallocate", int, off_t, off_t);
