# UpgradeRedirect: only a plain GET or HEAD in clear is sent on.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

sub request {
    my ($vhost, $line, $host, @lines) = @_;
    ask($vhost, join "\r\n", "$line HTTP/1.1", "Host: $host", @lines, '', '');
}

my $own = 'www.example.test';
my @h2c = ('Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__');

# [name, request line, Host, more lines, status, Location]
my @requests = (
    ['GET',              'GET /x?q=1&r=%20', $own, [], 308, "https://$own/x?q=1&r=%20"],
    ['HEAD',             'HEAD /x', $own, [], 308, "https://$own/x"],
    ['a port in Host',   'GET /x', "$own:8080", [], 308, "https://$own/x"],
    ['an alias',         'GET /x', 'alias.example.test', [], 308, 'https://alias.example.test/x'],
    ['an alias with *',  'GET /x', 'a.wild.example.test', [], 308, 'https://a.wild.example.test/x'],
    ['any case',         'GET /x', 'WWW.Example.TEST', [], 308, "https://$own/x"],
    ['a foreign host',   'GET /x', 'evil.example', [], 308, "https://$own/x"],
    ['a foreign address', 'GET /x', '192.0.2.1', [], 308, "https://$own/x"],
    ['raw bytes stay',   'GET /a%2eb//c/../d%20e', $own, [], 308, "https://$own/a%2eb//c/../d%20e"],
    ['absolute form',    "GET http://$own/x?y", $own, [], 308, "https://$own/x?y"],
    ['absolute form without path', "GET http://$own", $own, [], 308, "https://$own/"],
    ['absolute form, foreign', 'GET http://evil.example/x', $own, [], 308, "https://$own/x"],
    ['absolute form, a query behind the host', "GET http://$own?q=a/b", $own, [], 308, "https://$own/?q=a/b"],
    ['an IPv6 address',  'GET /x', '[::1]', [], 308, 'https://[::1]/x'],
    ['two slashes are a path', 'GET //evil.example/x', $own, [], 308, "https://$own//evil.example/x"],
    ['bytes that a Location cannot have', "GET /a\"<>\\^{}|\xff", $own, [], 308,
        "https://$own/a%22%3C%3E%5C%5E%7B%7D%7C%FF"],
    ['temporary',        'GET /temporary', $own, [], 307, "https://$own/temporary"],
    ['after an internal redirect', 'GET /rewritten/x?q', $own, [], 308, "https://$own/rewritten/x?q"],
    ['off',              'GET /no', $own, [], 426],
    ['POST',             'POST /x', $own, ['Content-Length: 0'], 426],
    ['OPTIONS',          'OPTIONS /x', $own, [], 426],
    ['a handshake',      'GET /x', $own, [handshake], 426],
    ['what is left of a handshake', 'GET /x', $own, ['Sec-WebSocket-Version: 13'], 426],
    ['an h2c offer',     'GET /x', $own, ['Upgrade: h2c', @h2c], 308, "https://$own/x"],
    ['an h2c offer in HEAD', 'HEAD /x', $own, ['Upgrade: h2c', @h2c], 308, "https://$own/x"],
    ['an h2c offer in POST', 'POST /x', $own, ['Content-Length: 0', 'Upgrade: h2c', @h2c], 426],
    ['a list of offers', 'GET /x', $own, ['Upgrade: h2c, websocket', @h2c], 426],
    ['two offers',       'GET /x', $own, ['Upgrade: h2c', 'Upgrade: TLS/1.3', @h2c], 426],
    ['another offer',    'GET /x', $own, ['Upgrade: TLS/1.3', 'Connection: Upgrade'], 426],
    ['an unknown offer', 'GET /x', $own, ['Upgrade: foo/2', 'Connection: Upgrade'], 426],
    ['an h2c offer beside a handshake', 'GET /x', $own, ['Upgrade: h2c', @h2c, 'Sec-WebSocket-Key: x'], 426],
    ['Connection alone, as proxies set it', 'GET /x', $own, ['Connection: upgrade'], 308, "https://$own/x"],
    ['more than TLS unmet', 'GET /both', $own, [], 426],
);

for my $case (@requests) {
    my ($name, $line, $host, $lines, $status, $location) = @$case;
    my $answer = request('redirect', $line, $host, @$lines);
    is $answer->{status}, $status, "$name: status";
    is field($answer, 'Location'), $location, "$name: Location";
    is field($answer, 'Cache-Control'), 'no-store', "$name: not stored";
    is field($answer, 'Upgrade'), undef, "$name: no Upgrade" if $location;
}

# Only the route that an internal redirect leads to has a policy: the client is sent to
# what it asked for.
{
    my $answer = request('redirect_target', 'GET /rewritten/x?q', $own);
    is $answer->{status}, 308, 'target of an internal redirect: status';
    is field($answer, 'Location'), "https://$own/rewritten/x?q", 'target of an internal redirect: Location';
    is $answer->{body}, "reason=tls-missing verdict=redirect policy=/tls phase=route\n",
        'and its document sees why';
    is field($answer, 'Upgrade'), undef, 'without an Upgrade of core';
}

{
    my $answer = ask('redirect_floor', "GET /x HTTP/1.1\r\nHost: $own\r\n\r\n", close => 1);
    is $answer->{status}, 307, 'floor: status';
    is field($answer, 'Location'), "https://$own/x", 'floor: Location';
    is field($answer, 'Connection'), 'close', 'floor: the end is announced';
    ok $answer->{closed}, 'floor: closed';
    is log_line('verdict_log', qr{^GET /x HTTP/1.1\|307}),
        "GET /x HTTP/1.1|307|redirect|tls-missing|floor|floor\n",
      'floor: variables';
    like log_line('error_log', qr{UR0003: redirected with 307}), qr{reason tls-missing},
        'floor: one line in the log';
}

# The address in <VirtualHost ...> is no name, even where ServerName has its port.
{
    my $server = Server->new;
    my $port = $server->{port};
    $server->configure("UpgradeRedirect permanent\n<VirtualHost 127.0.0.1:$port>\nServerName six.test:$port\n"
          . "ServerAlias seven.test\nUpgradeRequire TLS\n</VirtualHost>")->start;
    for my $case (['127.0.0.1', 'six.test'], ['_default_', 'six.test'], ['six.test', 'six.test'],
        ['seven.test', 'seven.test']) {
        my $socket = connect_to($port);
        print $socket "GET /x HTTP/1.1\r\nHost: $case->[0]\r\nConnection: close\r\n\r\n";
        is field(answer_from($socket), 'Location'), "https://$case->[1]/x", "Host: $case->[0]";
    }
}

done_testing;
