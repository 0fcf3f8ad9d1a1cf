# SetHandler upgrade-probe: what arrived on this very request, and what to do next.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Lacks;
use Wire;

sub probe { my ($host, @lines) = @_; return json_of(get($host, '/probe?format=json', @lines)) }

my @asks = ('Upgrade: websocket', 'Connection: Upgrade');
my @key = ('Sec-WebSocket-Key: ' . WS_KEY);

# The verdict of the handshake table: [lines, verdict, reason, what is to be done]
for my $case (
    [[], 'none', undef, qr/^Nothing: |^The client does not meet all/],
    [[handshake], 'valid', undef, qr/^The WebSocket handshake arrives intact/],
    [['Upgrade: h2c', 'Connection: close'], 'none', undef, qr/./],
    [[@asks, @key, 'Sec-WebSocket-Version: 8'], 'invalid', 'websocket-version',
        qr/^Send exactly one Sec-WebSocket-Version: 13/],
    [[@asks, 'Sec-WebSocket-Version: 13'], 'invalid', 'websocket-key', qr/Sec-WebSocket-Key/],
    [[@key, 'Sec-WebSocket-Version: 13', 'Via: 1.1 proxy'], 'invalid', 'websocket-stripped',
        qr/nginx: proxy_http_version 1\.1/],
) {
    my ($lines, $verdict, $reason, $next) = @$case;
    my $report = probe('probe_clear', @$lines);
    is $report->{handshake}{verdict}, $verdict, "@$lines: verdict";
    is $report->{handshake}{reason}, $reason, "@$lines: reason";
    like $report->{next}[0], $next, "@$lines: what to do";
}
{
    my $answer = ask('probe_clear',
        "GET /probe?format=json HTTP/1.0\r\nHost: localhost\r\n" . join('', map { "$_\r\n" } handshake)
        . "\r\n");
    is_deeply json_of($answer)->{protocol}, { http => '1.0', tls => undef, key_exchange => undef },
        'HTTP/1.0';
    is json_of($answer)->{handshake}{reason}, 'websocket-http-version', 'HTTP/1.0: no handshake';
    is ask('probe_clear',
        "POST /probe?format=json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")->{status},
        200, 'POST';
    is json_of(ask('probe_clear', "BREW /probe?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n"))->{method},
        undef, 'a method that httpd does not know is not told';
    my $head = ask('probe_clear', "HEAD /probe HTTP/1.1\r\nHost: localhost\r\n\r\n");
    is $head->{status}, 200, 'HEAD';
}

# The policies of this server
{
    my $report = probe('probe_clear');
    is_deeply $report->{policies}, [
        { policy => '/chat', required => ['WebSocket'], now => 'enforced', met => JSON::PP::false,
            reason => 'websocket-missing' },
        { policy => '/account', required => ['TLS/1.3'], now => 'announced', met => JSON::PP::false,
            reason => 'tls-missing' }],
      'policies, and whether this request would meet them';
    is $report->{next}[1], 'Use https:// instead of http://, or wss:// instead of ws://.',
        'what to do about the second';
    is probe('probe_clear', handshake, 'Origin: https://other.example')->{policies}[0]{reason},
        'websocket-origin', 'with the settings of the route';
    is probe('probe_clear', handshake)->{policies}[0]{met}, JSON::PP::true, 'met';
    is_deeply [map { $_->{policy} } @{ probe('probe_edge')->{policies} }], ['/refused'],
        'those of other virtual hosts are not told';
}

# Fields: those of the list and no others, escaped for each form, cut
{
    my $long = 'x' x 300;
    my %kept = map { ($_->{name} => $_->{value}) } @{ probe('probe_clear', 'X-Forwarded-Access-Token: secret',
        'Sec-WebSocket-Protocol: chat, bearer.' . 'secret' x 9)->{fields} };
    is_deeply \%kept, { 'X-Forwarded-Access-Token' => '(not shown)',
        'Sec-WebSocket-Protocol' => '(not shown)' }, 'tokens are not told';
    is probe('probe_clear', 'Sec-WebSocket-Protocol: chat.v2')->{fields}[0]{value}, 'chat.v2',
        'names of subprotocols are';
    my @lines = ('Cookie: secret=1', 'Authorization: Basic c2VjcmV0', 'X-Secret: secret', 'Via: 1.1 <b>"&',
        'X-Forwarded-For: 192.0.2.1', "X-Forwarded-Host: $long", 'Forwarded: for=192.0.2.1',
        'Sec-WebSocket-Extensions: permessage-deflate', "X-Forwarded-Server: a\xffb");
    my $report = probe('probe_clear', @lines);
    is_deeply [sort map { $_->{name} } @{ $report->{fields} }],
        [sort qw(Via X-Forwarded-For X-Forwarded-Host Forwarded Sec-WebSocket-Extensions X-Forwarded-Server)],
        'which fields are told';
    my %value = map { ($_->{name} => $_->{value}) } @{ $report->{fields} };
    is $value{Via}, '1.1 <b>"&', 'JSON: escaped';
    is $value{'X-Forwarded-Host'}, 'x' x 256, 'cut';
    is $value{'X-Forwarded-Server'}, "a\x{fffd}b", 'what is not UTF-8 is replaced';
    my %body = map { ($_ => get('probe_clear', "/probe?format=$_", @lines)->{body}) } qw(html text json);
    like $body{html}, qr/<th>Via<td>1\.1 &lt;b&gt;&quot;&amp;\n/, 'HTML: escaped';
    like $body{text}, qr/^  Via: 1\.1 <b>"&$/m, 'text: as it is';
    unlike $body{$_}, qr/secret|c2VjcmV0/i, "$_: no other field" for sort keys %body;
}

# Forms
for my $case (['', undef, 'text/plain; charset=utf-8',
    qr/^Upgrade probe\n\nProtocol:     HTTP\/1\.1 without TLS\n/],
    ['', 'text/html,*/*;q=0.8', 'text/html; charset=utf-8', qr/<h1>Upgrade probe/],
    ['', 'application/json', 'application/json', qr/^\{"protocol"/],
        ['?format=HTML', undef, 'text/html; charset=utf-8', qr/<h1>/],
        ['?format=text', 'text/html', 'text/plain; charset=utf-8', qr/^Upgrade/]) {
    my ($query, $accept, $type, $body) = @$case;
    my $answer = get('probe_clear', "/probe$query", $accept ? "Accept: $accept" : ());
    my $name = "'$query' " . ($accept // 'no Accept');
    is field($answer, 'Content-Type'), $type, "$name: type";
    like $answer->{body}, $body, "$name: body";
    is field($answer, 'Cache-Control'), 'no-store', "$name: not to be kept";
}
is get('probe_clear', '/probe?format=<b>')->{status}, 400, 'an unknown form: status';
is get('probe_clear', '/probe?format=xml')->{body}, "format: must be one of text, html, json\n",
    'an unknown form: what would be right';

# As an ErrorDocument it keeps the status of the error.
{
    my $answer = get('probe_edge', '/nothing-here');
    is $answer->{status}, 404, 'ErrorDocument: status';
    like $answer->{body}, qr/^Upgrade probe/, 'ErrorDocument: body';
    $answer = get('probe_edge', '/refused');
    is $answer->{status}, 426, 'ErrorDocument of a refusal: status';
    is field($answer, 'Cache-Control'), 'no-store', 'ErrorDocument of a refusal: fields, once';
}

# TLS: versions, cipher, ALPN with names that this server does not know, SNI; resumption has them too
{
    my %tls = (SSL_verify_mode => 0, SSL_hostname => 'localhost', SSL_version => 'TLSv1_2',
        SSL_alpn_protocols => ['weird/1', 'http/1.1']);
    my $report = json_of(ask('probe_tls', "GET /probe?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n",
        tls => \%tls));
    is_deeply [@{ $report->{protocol} }{qw(http tls)}], ['1.1', '1.2'], 'TLS: version';
    like $report->{cipher}, qr/^[\w-]+$/, 'TLS: cipher';
    is_deeply $report->{alpn_offered}, ['weird/1', 'http/1.1'], 'TLS: ALPN offered';
    is $report->{alpn_chosen}, 'http/1.1', 'TLS: ALPN chosen';
    is $report->{sni}, 'localhost', 'TLS: SNI';
    is $report->{policies}[0]{reason}, 'http-version', 'TLS: a policy';
    $report = json_of(ask('probe_tls', "GET /probe?format=json HTTP/1.1\r\nHost: localhost\r\n\r\n",
        tls => { SSL_verify_mode => 0, SSL_hostname => '' }));
    ok !grep({ exists $report->{$_} } qw(alpn_offered alpn_chosen sni)), 'TLS: neither ALPN nor SNI';
    ok !exists probe('probe_clear')->{cipher}, 'in clear: no cipher';
}

# HTTP/2, and an extended CONNECT, to which a success would say that a WebSocket is open
SKIP: {
    skip_without('http2', 7);
    my $answer = h2('probe_tls', '/probe?format=json', tls => 1);
    my $report = json_of($answer);
    is $answer->{status}, 200, 'HTTP/2: status';
    is_deeply [@{ $report->{protocol} }{qw(http tls)}], ['2', '1.3'], 'HTTP/2: version';
    is $report->{alpn_chosen}, 'h2', 'HTTP/2: ALPN chosen';
    is $report->{policies}[0]{met}, JSON::PP::true, 'HTTP/2: a policy';
    is $report->{policies}[0]{policy}, 'account', 'the name';
    skip_without('h2-websockets', 2);
    $answer = h2('probe_clear', '/probe?format=json', connect => 1);
    is $answer->{status}, 400, 'extended CONNECT: status';
    is json_of($answer)->{handshake}{verdict}, 'valid', 'extended CONNECT: verdict';
}

# Through a trusted proxy, also what that one said
{
    my $report = probe('probe_edge', 'X-TLS: TLSv1.2', 'X-HTTP: 2', 'X-Other: secret');
    is_deeply $report->{protocol}, { http => '1.1', tls => undef, key_exchange => undef },
        'trusted proxy: what this server sees';
    is_deeply $report->{client}, { http => '2', tls => '1.2', key_exchange => 'unknown' },
        'trusted proxy: what counts';
    is_deeply $report->{stated}, [{ name => 'X-TLS', value => 'TLSv1.2' },
        { name => 'X-HTTP', value => '2' }], 'trusted proxy: what it says';
    like get('probe_edge', '/probe', 'X-TLS: TLSv1.2')->{body},
        qr/^Client:       HTTP\/1\.1 over TLS 1\.2\n.*^Stated by the trusted proxy:\n  X-TLS: TLSv1\.2$/ms,
        'trusted proxy: in the text';
    ok !exists probe('probe_clear', 'X-TLS: TLSv1.2')->{client}, 'nobody is trusted';
}

done_testing;
