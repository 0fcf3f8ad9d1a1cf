# What a request costs that meets a policy over TLS and comes on a kept connection: the key exchange is judged
# for as many instructions as the version, because both are determined once for a connection.
use strict;
use warnings;
use Test::More;
use File::Copy;
use FindBin;
use POSIX qw(WNOHANG);
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Ports;
use Server;
use Wire;

use constant REQUESTS => 20;

my $conf = Apache::Test::vars('t_conf');

# Everything of ours that httpd calls for a request.
my @hooks = qw(ur_enforce_floor ur_enforce_route_tls ur_enforce_route);

# A server that changes its user could not write what was counted.
my $user = $> == 0
  ? join ' ', 'setpriv', '--clear-groups', '--reuid=' . getpwnam(Apache::Test::vars('user')),
  '--regid=' . getgrnam(Apache::Test::vars('group'))
  : '';

# On one processor: each has counters of its own, and the first count of one costs a little more.
my ($processor) = do {
    open my $status, '<', '/proc/self/status' or die $!;
    map { /^Cpus_allowed_list:\s*(\d+)/ ? $1 : () } <$status>;
};

# { hook => instructions in it and in what it calls }
sub profile_of {
    my ($file) = @_;
    open my $profile, '<', $file or die "no profile: $!";
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

sub ask_for {
    my ($socket, $count) = @_;
    for (1 .. $count) {
        print $socket "GET /explain.shtml HTTP/1.1\r\nHost: localhost\r\n\r\n";
        my $answer = Wire::answer_from($socket);
        return $answer->{status} if $answer->{status} != 200;
    }
    return 200;
}

sub readable_key {
    my ($server) = @_;
    my $key = "$server->{folder}/server.key";
    copy("$conf/server.key", $key) or die "$key: $!";
    chmod 0644, $key;
    return $key;
}

# What the hooks cost for some requests on one connection, with these requirements as a floor and of a route.
sub cost {
    my ($requirements) = @_;
    my $port   = free_port();
    my $server = Server->new(mpm => 'prefork', modules => [qw(authz_core alias dir socache_shmcb ssl)]);
    $server->configure(join "\n", "Listen 127.0.0.1:$port", 'LogLevel error', 'KeepAlive On',
        'MaxKeepAliveRequests 0', "<VirtualHost 127.0.0.1:$port>", 'SSLEngine on', 'SSLProtocol TLSv1.3',
        "SSLCertificateFile $conf/server.crt", 'SSLCertificateKeyFile ' . readable_key($server),
        "UpgradeFloor $requirements", '<Location />', "UpgradeRequire $requirements", '</Location>',
        '</VirtualHost>');
    chmod 0777, $server->{folder};
    my $pid = fork // die $!;
    if (!$pid) {
        $ENV{UPGRADE_TEST_UNDER} = "taskset -c $processor $user valgrind -q "
          . "--tool=callgrind --compress-strings=no "
          . "--callgrind-out-file=$server->{folder}/profile";
        open STDERR, '>', "$server->{folder}/stderr";
        exec $ENV{UPGRADE_TEST_HTTPD}, '-X', '-f', "$server->{folder}/httpd.conf" or die $!;
    }
    $server->_until(sub { $server->answers }, 'answering');
    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => Wire::LIMIT,
        SSL_verify_mode => 0) or die "no connection: $SSL_ERROR";
    is ask_for($socket, REQUESTS), 200, "$requirements: requests are allowed";
    close $socket;
    do { kill TERM => $pid; select undef, undef, undef, 0.1 } until waitpid $pid, WNOHANG;
    unlink "$server->{folder}/httpd.pid";
    my $costs = profile_of("$server->{folder}/profile");
    my $sum   = 0;
    for my $hook (@hooks) {
        cmp_ok $costs->{$hook} // 0, '>', 0, "$requirements: $hook was counted";
        $sum += $costs->{$hook} // 0;
    }
    return $sum;
}

# Of a client and a server with the same OpenSSL.
my @met = ('ForwardSecrecy', `openssl list -kem-algorithms` =~ /MLKEM/ ? 'PostQuantum' : ());

my $version = cost('TLS');
note sprintf '%.1f instructions a request, the handshake\'s share included', $version / REQUESTS;
is cost($_), $version, "$_ costs as much as TLS" for @met, "TLS/1.3 $met[-1] HTTP/1.1";

done_testing;
