# Runs a command as on a kernel without IPv6 (ipv6.disable=1): socket(AF_INET6) fails with EAFNOSUPPORT, by a seccomp filter.
use strict;
use warnings;

my %numbers = (x86_64 => [157, 41], aarch64 => [167, 198]);
my ($machine) = `uname -m` =~ /(\S+)/;
my $known = $numbers{$machine} or die "without-ipv6: no system calls are known for $machine\n";
my ($prctl, $socket) = @$known;

my ($AF_INET6, $EAFNOSUPPORT) = (10, 97);
my ($ALLOW, $ERRNO) = (0x7fff0000, 0x00050000);
my ($LOAD, $JUMP_IF_EQUAL, $RETURN) = (0x20, 0x15, 0x06);
# Offsets in struct seccomp_data: the number of the call, and the lower half of its first argument.
my ($CALL, $FIRST) = (0, 16);

my @program = (
  [$LOAD, 0, 0, $CALL], [$JUMP_IF_EQUAL, 0, 3, $socket],
  [$LOAD, 0, 0, $FIRST], [$JUMP_IF_EQUAL, 0, 1, $AF_INET6],
  [$RETURN, 0, 0, $ERRNO | $EAFNOSUPPORT],
  [$RETURN, 0, 0, $ALLOW],
);
my $filter = join '', map { pack 'S C C L', @$_ } @program;
my $description = pack 'S x6 P', scalar @program, $filter;

syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "without-ipv6: PR_SET_NO_NEW_PRIVS: $!\n";
syscall($prctl, 22, 2, $description, 0, 0) == 0 or die "without-ipv6: PR_SET_SECCOMP: $!\n";
exec @ARGV or die "without-ipv6: $ARGV[0]: $!\n";
