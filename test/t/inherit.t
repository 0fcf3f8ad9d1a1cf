# What a virtual host takes over from the main server.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

my $server = Server->new(modules => [qw(authz_core alias dir setenvif)]);
my %hosts  = (
    'says-nothing.test' => '',
    'none.test'         => 'UpgradeFloor none',
    'exception.test'    => "UpgradeFloorExcept \"%{REQUEST_URI} == '/own'\"",
    'own.test'          => "UpgradeFloor HTTP/2\nUpgradeGuide /own-guide",
    'routes.test'       => "UpgradeFloor none\nUpgradeRequire HTTP/1.1\nUpgradeName host",
    'off.test'          => 'UpgradeMode off',
);
$server->configure(
    join "\n",
    'UpgradeFloor TLS', "UpgradeFloorExcept \"%{REQUEST_URI} == '/main'\"", 'UpgradeGuide /main-guide',
    'UpgradeRequire WebSocket',
    map { "<VirtualHost *:$server->{port}>\nServerName $_\n$hosts{$_}\n</VirtualHost>" } sort keys %hosts
)->start;

# [host, path, reason, policy, guide]
my @requests = (
    ['says-nothing.test', '/x',    'tls-missing',       'floor',  '/main-guide'],
    ['says-nothing.test', '/main', 'websocket-missing', 'server', '/main-guide'],
    ['none.test',         '/x',    'websocket-missing', 'server', '/main-guide'],
    ['exception.test',    '/own',  'websocket-missing', 'server', '/main-guide'],
    ['exception.test',    '/main', 'websocket-missing', 'server', '/main-guide'],
    ['exception.test',    '/x',    'tls-missing',       'floor',  '/main-guide'],
    ['own.test',          '/x',    'http-version',      'floor',  '/own-guide'],
    ['own.test',          '/main', 'http-version',      'floor',  '/own-guide'],
    ['routes.test',       '/x',    undef],
    ['off.test',          '/x',    undef],
);

for my $case (@requests) {
    my ($host, $path, $reason, $policy, $guide) = @$case;
    my $socket = connect_to($server->{port});
    print $socket "GET $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n";
    my $answer = answer_from($socket);
    if (!$reason) {
        is $answer->{status}, 404, "$host$path: allowed";
        next;
    }
    my $body = json_of($answer);
    is $body->{reason}, $reason, "$host$path: reason";
    is $body->{policy}, $policy, "$host$path: policy";
    is $body->{upgrade_guide}, $guide, "$host$path: guide";
}

done_testing;
