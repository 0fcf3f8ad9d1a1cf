# UpgradePhrase: over HTTP/1.x the status line says what is required.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

my $server = Server->new(modules => [qw(authz_core alias dir http2 env)]);
open my $page, '>', "$server->{folder}/page.html" or die $!;
print $page "<p>Please upgrade.</p>\n";
close $page or die $!;

$server->configure(<<"END");
Protocols h2c http/1.1
UpgradePhrase on
Alias /page.html $server->{folder}/page.html
<Location /tls>
    UpgradeRequire TLS
</Location>
<Location /tls12>
    UpgradeRequire TLS/1.2 HTTP/2
</Location>
<Location /http11>
    UpgradeRequire HTTP/1.1
</Location>
<Location /http2>
    UpgradeRequire HTTP/2
</Location>
<Location /ws>
    UpgradeRequire WebSocket
    UpgradeWebSocketOrigin http://a.example
    UpgradeWebSocketProtocol chat
</Location>
<Location /ws/quiet>
    UpgradeAdvertise off
</Location>
<Location /ws/off>
    UpgradePhrase off
</Location>
<Location /text>
    UpgradeRequire WebSocket
    ErrorDocument 426 "Please upgrade."
</Location>
<Location /document>
    UpgradeRequire WebSocket
    ErrorDocument 426 /page.html
</Location>
<Location /lost>
    UpgradeRequire WebSocket
    ErrorDocument 426 /there-is-none.html
</Location>
<Location /elsewhere>
    UpgradeRequire WebSocket
    ErrorDocument 426 https://example.com/upgrade
</Location>
<Location /announced>
    UpgradeRequire WebSocket
    UpgradeMode announce
</Location>
END
$server->start;

my @whole = (handshake(), 'Origin: http://a.example', 'Sec-WebSocket-Protocol: chat');

# The handshake with other lines in place of those of the same name
sub instead {
    my (@lines) = @_;
    my %other = map { /^([^:]+)/ ? (lc $1 => 1) : () } @lines;
    return grep({ /^([^:]+)/ && !$other{ lc $1 } } @whole), grep { /:./ } @lines;
}

# [the request line, headers, the status line behind the version]
my @requests = (
    ['GET /tls HTTP/1.1', [], '426 TLS required'],
    ['GET /tls12 HTTP/1.1', [], '426 TLS 1.2 or newer required'],
    ['GET /http11 HTTP/1.0', [], '426 HTTP/1.1 or newer required'],
    ['GET /http2 HTTP/1.1', [], '426 HTTP/2 or newer required'],
    ['HEAD /http2 HTTP/1.1', [], '426 HTTP/2 or newer required'],
    ['POST /http2 HTTP/1.1', ['Content-Length: 1'], '426 HTTP/2 or newer required'],
    ['GET /ws HTTP/1.1', [], '426 WebSocket required'],
    ['GET /ws/quiet HTTP/1.1', [], '403 WebSocket required'],
    ['GET /ws/off HTTP/1.1', [], '426 Upgrade Required'],
    ['GET /ws HTTP/1.1', [instead('Upgrade:')], '426 WebSocket required, Upgrade or Connection missing'],
    ['GET /ws HTTP/1.0', [@whole], '426 WebSocket over HTTP/1.1 required'],
    ['POST /ws HTTP/1.1', [@whole], '405 WebSocket handshake must use GET'],
    ['GET /ws HTTP/1.1', [@whole, 'Content-Length: 1'], '400 WebSocket handshake must have no body'],
    ['GET /ws HTTP/1.1', [instead('Sec-WebSocket-Version: 8')], '426 WebSocket version 13 required'],
    ['GET /ws HTTP/1.1', [instead('Sec-WebSocket-Key: x')], '400 Valid Sec-WebSocket-Key required'],
    ['GET /ws HTTP/1.1', [instead('Connection: Upgrade, Origin')],
        '400 Connection must not name end-to-end headers'],
    ['GET /ws HTTP/1.1', [instead('Origin: http://b.example')],
        '403 WebSocket not allowed from this origin'],
    ['GET /ws HTTP/1.1', [instead('Sec-WebSocket-Protocol: mqtt')],
        '400 Accepted WebSocket subprotocol required'],
    ['GET /text HTTP/1.1', [], '426 WebSocket required'],
    ['GET /document HTTP/1.1', [], '426 WebSocket required'],
    ['GET /lost HTTP/1.1', [], '426 WebSocket required'],
    ['GET /elsewhere HTTP/1.1', [], '302 Found'],
    ['GET /announced HTTP/1.1', [], '404 Not Found'],
    ['GET /page.html HTTP/1.1', [], '200 OK'],
);

for my $case (@requests) {
    my ($line, $headers, $expected) = @$case;
    my $answer = $server->ask($line, @$headers);
    is "$answer->{status} $answer->{phrase}", $expected, "$line: $expected";
}

is $server->ask('GET /text HTTP/1.1')->{body}, 'Please upgrade.', 'a text of the administrator';
is $server->ask('GET /document HTTP/1.1')->{body}, "<p>Please upgrade.</p>\n", 'a document of his';
is h2($server->{port}, '/ws')->{status}, 426, 'HTTP/2 has the status, and no place for a phrase';

$server->stop;
done_testing;
