# Protocols other than WebSocket on a kept route: what a worker's upgrade= names works as in stock httpd, for
# Docker and Kubernetes, and nothing else is forwarded.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Open2 qw(open2);
use Server;
use Wire;

my $backend = open2(my $said, my $stdin, 'node', "$FindBin::Bin/backend/hijack.js");
my $port    = <$said>;
die "the backend does not start\n" unless defined $port;
chomp $port;

my @modules = qw(authz_core proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm);

# name => upgrade= of the worker, and the protocols that it names
my %worker = (
    none      => [''],
    tcp       => ['tcp', 'tcp'],
    spdy      => ['SPDY/3.1', 'spdy/3.1'],
    list      => ['tcp,SPDY/3.1', 'tcp', 'spdy/3.1'],
    websocket => ['websocket'],
    any       => ['ANY'],
    NONE      => ['NONE'],
    h2c       => ['h2c', 'h2c'],
);
my @schemes = qw(http ws balancer);

# The same routes for both servers. Each has a worker of its own, or httpd would ignore upgrade=.
sub routes {
    my ($keep) = @_;
    my $text = '';
    for my $name (sort keys %worker) {
        my $upgrade = $worker{$name}[0] ? " upgrade=$worker{$name}[0]" : '';
        my $host    = "127.0.0.1:$port";
        for my $service (qw(docker k8s)) {
            $text .= <<"END";
ProxyPass /http-$name/$service/ http://$host/$service/http-$name/$upgrade
ProxyPass /ws-$name/$service/ ws://$host/$service/ws-$name/$upgrade
<Proxy balancer://$name-$service>
BalancerMember http://$host/$service/b-$name$upgrade
</Proxy>
ProxyPass /balancer-$name/$service/ balancer://$name-$service/
END
        }
    }
    $text .= "<Location />\n$keep\n</Location>\n" if $keep;
    return $text;
}

# [name, method and path, Upgrade, another line, body]
my @connection = ('Connection: Upgrade');
my @offers = (qw(tcp TCP SPDY/3.1 spdy/3.1 SPDY/3 SPDY tcp/1 tc tcpx h2c * ANY NONE websocket/13 "tcp"),
    'tcp;q=1', 'tcp, h2c', 'h2c, tcp', 'tcp,SPDY/3.1', 'tcp, tcp');
my @requests = (
    (map { ["a hijack, $_", 'POST docker/attach', $_, 'Content-Length: 0', ''] } @offers),
    (map { ["a command, $_", 'POST docker/exec', $_, 'Content-Length: 16', '{"Detach":false}'] } qw(tcp h2c)),
    (map { ["a port-forward, $_", 'POST k8s/portForward', $_, 'X-Stream-Protocol-Version: v4', ''] } @offers),
    ['a GET, tcp', 'GET docker/attach', 'tcp', 'X: 1', ''],
    ['a plain request', 'GET docker/info', undef, 'X: 1', ''],
    ['a plain POST', 'POST docker/info', undef, 'Content-Length: 5', 'hello'],
);

sub names {
    my ($worker, $offer) = @_;
    my (undef, @protocols) = @{ $worker{$worker} };
    return scalar grep { $_ eq lc $offer } @protocols;
}

# All that comes back, until the end: the request, then some bytes, then the end of what the client sends, as
# a client of Docker ends standard input.
sub exchange {
    my ($server, $path, $request) = @_;
    my (undef, $what, $offer, $line, $body) = @$request;
    my ($method, $rest) = split ' ', $what;
    my $socket = connect_to($server->{port});
    print $socket join "\r\n", "$method $path/$rest HTTP/1.1", 'Host: localhost',
      (defined $offer ? ("Upgrade: $offer", @connection) : 'Connection: close'), $line, '', $body;
    $socket->flush;
    local $SIG{ALRM} = sub { die 'no answer within ' . Wire::LIMIT . " seconds\n" };
    alarm Wire::LIMIT;
    # Only what is switched takes more: otherwise it would be the next request.
    my $got = '';
    sysread $socket, $got, 1 << 16, length $got or last while $got !~ /\r\n\r\n/;
    if ($got =~ m{^HTTP/1.1 101 }) {
        syswrite $socket, "bytes\0\xff\r\n";
    }
    shutdown $socket, 1;
    1 while sysread $socket, $got, 1 << 16, length $got;
    alarm 0;
    $got =~ s/^Date: .*\r\n//m;
    return $got =~ s/([^\t\r\n -~])/sprintf '\\x%02x', ord $1/ger;
}

my $stock = Server->new(modules => \@modules, policy => 0)->configure(routes())->start;
for my $carrier (qw(thread event)) {
    my $keep    = routes("UpgradeKeep WebSocket\nUpgradeTunnel $carrier");
    my $helped  = Server->new(modules => \@modules, helper => 1);
    my $dropped = 0;
    $helped->configure("LogLevel upgrade_wstunnel:debug\nAsyncRequestWorkerFactor 100\n$keep")->start;
    for my $scheme (@schemes) {
        for my $worker (sort keys %worker) {
            for my $request (@requests) {
                my ($name, undef, $offer) = @$request;
                my $path = "/$scheme-$worker";
                my $what = "$carrier, $scheme, upgrade=$worker: $name";
                my $got  = exchange($helped, $path, $request);
                if (!defined $offer || names($worker, $offer)) {
                    is $got, exchange($stock, $path, $request), "$what: as stock httpd";
                    next;
                }
                $dropped++;
                like $got, qr/^upgrade= connection=\S* body=/m, "$what: dropped";
                unlike $got, qr/^HTTP\S+ 101/, "$what: no switch";
            }
            # A WebSocket is kept beside it
            my $socket = connect_to($helped->{port});
            print $socket join "\r\n", "GET /$scheme-$worker/docker/ws HTTP/1.1", 'Host: localhost',
              handshake, '', '';
            is answer_from($socket)->{status}, 101, "$carrier, $scheme, upgrade=$worker: a WebSocket is kept";
        }
    }
    is scalar(() = $helped->log =~ /UR0017: Upgrade is dropped/g), $dropped,
      "$carrier: one line for each that is dropped";
    $helped->stop;
}

# What is meant: the switch itself, and the bytes both ways
for my $case (['tcp', 'a hijack, tcp', 'tcp'], ['spdy', 'a port-forward, SPDY/3.1', 'SPDY/3.1']) {
    my ($worker, $name, $protocol) = @$case;
    my ($request) = grep { $_->[0] eq $name } @requests;
    my $got = exchange($stock, "/http-$worker", $request);
    like $got, qr{^HTTP/1\.1 101 .*\r\nUpgrade: \Q$protocol\E\r\n}s, "$worker: stock httpd switches";
    my $arrived = "upgrade=$protocol connection=upgrade body=";
    like $got, qr{\r\n\r\n\Q$arrived\E\nbytes\\x00\\xff\r\ngoodbye\n\z}, "$worker: the stream";
}
$stock->stop;

# A request that is not judged is not switched to any protocol; one that asks for another is refused where a
# WebSocket is demanded; each worker that is tried counts for itself
{
    my $server = Server->new(modules => \@modules, helper => 1);
    $server->configure(routes('UpgradeKeep WebSocket') . <<"END")->start;
LogLevel upgrade_wstunnel:debug
<Location /forbidden>
Require all denied
ErrorDocument 403 /http-tcp/docker/info
</Location>
<Location /ws-tcp>
UpgradeRequire WebSocket
</Location>
<Proxy balancer://tried>
BalancerMember http://127.0.0.1:1/docker/tried lbset=0
BalancerMember http://127.0.0.1:$port/docker/tried lbset=1 upgrade=tcp
</Proxy>
ProxyPass /tried/docker/ balancer://tried/
END
    my $offer = ['', 'GET docker/attach', 'tcp', 'X: 1', ''];
    like exchange($server, '/forbidden', $offer), qr/upgrade= connection=/, 'ErrorDocument: no Upgrade';
    like exchange($server, '/ws-tcp', $offer), qr{^HTTP/1\.1 426 }, 'UpgradeRequire WebSocket: refused';
    unlike $server->log, qr/UR0017/, 'and no worker was asked';
    like exchange($server, '/tried', $offer), qr{^HTTP/1\.1 101 }, 'the second worker of a balancer names it';
    is scalar(() = $server->log =~ /UR0017: Upgrade is dropped/g), 1, 'the first did not';
    $server->stop;
}

close $stdin;
waitpid $backend, 0;
done_testing;
