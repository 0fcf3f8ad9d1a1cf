# What a request costs that meets a policy over TLS and comes on a kept connection: the key exchange is judged
# for as many instructions as the version, because both are determined once for a connection.
use strict;
use warnings;
use Test::More;
use File::Copy;
use FindBin;
use lib "$FindBin::Bin/lib";
use Callgrind;
use Lines;
use Ports;
use Server;
use Wire;

use constant REQUESTS => 20;

# Everything of ours that httpd calls for a request.
my @hooks = qw(ur_enforce_floor ur_enforce_route_tls ur_enforce_route);

# On one processor: each has counters of its own, and the first count of one costs a little more.
my ($processor) = do {
    open my $status, '<', '/proc/self/status' or die $!;
    map { /^Cpus_allowed_list:\s*(\d+)/ ? $1 : () } <$status>;
};

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
    my ($server, $original) = @_;
    my $key = "$server->{folder}/server.key";
    copy($original, $key) or die "$key: $!";
    chmod 0644, $key;
    return $key;
}

# What the hooks cost for some requests on one connection, with these requirements as a floor and of a route.
sub cost {
    my ($requirements) = @_;
    my $port   = free_port();
    my $server = Server->new(mpm => 'prefork', modules => [qw(authz_core alias dir socache_shmcb ssl)]);
    my %of = certificate();
    my $host = host($port, 'SSLEngine on', 'SSLProtocol TLSv1.3', "SSLCertificateFile $of{SSL_cert_file}",
        'SSLCertificateKeyFile ' . readable_key($server, $of{SSL_key_file}),
        "UpgradeFloor $requirements", '<Location />', "UpgradeRequire $requirements", '</Location>');
    $server->configure("LogLevel error\nKeepAlive On\nMaxKeepAliveRequests 0\n$host");
    my $costs = serving($server, sub {
        my $socket = connect_to($port, SSL_version => 'TLSv1_3');
        is ask_for($socket, REQUESTS), 200, "$requirements: requests are allowed";
        close $socket;
    }, "taskset -c $processor");
    my $sum   = 0;
    for my $hook (@hooks) {
        cmp_ok $costs->{$hook} // 0, '>', 0, "$requirements: $hook was counted";
        $sum += $costs->{$hook} // 0;
    }
    return $sum;
}

# Of a client and a server with the same OpenSSL.
my @met = ('ForwardSecrecy', `openssl list -kem-algorithms 2>&1` =~ /MLKEM/ ? 'PostQuantum' : ());

my $version = cost('TLS');
note sprintf '%.1f instructions a request, the handshake\'s share included', $version / REQUESTS;
is cost($_), $version, "$_ costs as much as TLS" for @met, "TLS/1.3 $met[-1] HTTP/1.1";

done_testing;
