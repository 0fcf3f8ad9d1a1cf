# Instructions instead of seconds: an httpd under callgrind, which no clock and nobody else on the machine
# influences.
package Callgrind;
use strict;
use warnings;
use parent 'Exporter';

use Apache::Test ();
use POSIX        qw(WNOHANG);
use Wait;

our @EXPORT = qw(counting profile_of serving);

# A server that changes its user could not write what was counted.
my $user = $> == 0
  ? join ' ', 'setpriv', '--clear-groups', '--reuid=' . getpwnam(Apache::Test::vars('user')),
  '--regid=' . getgrnam(Apache::Test::vars('group'))
  : '';

# What to run the httpd of a configured Server under
sub counting {
    my ($server) = @_;
    chmod 0777, $server->{folder};
    my $file = "$server->{folder}/profile";
    return "$user valgrind -q --tool=callgrind --compress-strings=no --callgrind-out-file=$file";
}

# { function of ours that others call => instructions in it and in what it calls }
sub profile_of {
    my ($server) = @_;
    open my $profile, '<', "$server->{folder}/profile" or die "no profile: $!";
    my (%costs, $called);
    while (my $line = <$profile>) {
        if ($line =~ /^cfn=(.*)$/) { $called = $1 }
        elsif ($line =~ /^calls=/) {
            my ($cost) = <$profile> =~ /^\S+ (\d+)$/ or die "what is this: $line";
            $costs{$called} += $cost;
        }
    }
    return \%costs;
}

# What the only process of a server costs from its start to its end; meanwhile $asks is called. $under: what
# comes before valgrind, if anything.
sub serving {
    my ($server, $asks, $under) = @_;
    my $pid = fork // die $!;
    if (!$pid) {
        $ENV{UPGRADE_TEST_UNDER} = join ' ', $under // (), counting($server);
        open STDERR, '>', "$server->{folder}/stderr";
        exec $ENV{UPGRADE_TEST_HTTPD}, '-X', '-f', "$server->{folder}/httpd.conf" or die $!;
    }
    eventually(sub { $server->answers }) or die 'the server does not answer';
    $asks->();
    # More than once: it may hear of it just before it waits for a connection.
    do { kill TERM => $pid; select undef, undef, undef, 0.1 } until waitpid $pid, WNOHANG;
    unlink "$server->{folder}/httpd.pid";
    return profile_of($server);
}

1;
