# The answer over HTTP/1.x: status, fields and the three forms of the body.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Wire;

my $answer = get('routes', '/ws');
is "$answer->{status} $answer->{phrase}", '426 Upgrade Required', 'status line';
my %want = (
    'Upgrade'                => 'websocket',
    'Connection'             => 'Upgrade',
    'Sec-WebSocket-Version'  => '13',
    'Cache-Control'          => 'no-store',
    'Link'                   => '</early>; rel=a, <https://example.com/guide>; rel="help"',
    'X-Content-Type-Options' => 'nosniff',
    'Content-Type'           => 'application/problem+json',
);
is field($answer, $_), $want{$_}, "field $_" for sort keys %want;
like field($answer, 'Vary'), qr/^Origin, ?Accept$/, 'field Vary joins what others vary on';
is_deeply json_of($answer), {
    type          => 'about:blank',
    title         => 'Upgrade Required',
    status        => 426,
    detail        => 'This resource is a WebSocket endpoint. The request was a plain HTTP/1.1 GET.',
    reason        => 'websocket-missing',
    policy        => '/ws',
    required      => ['WebSocket'],
    received      => { http => '1.1', tls => undef },
    upgrade       => ['websocket'],
    hint          => 'Connect with a WebSocket client.',
    upgrade_guide => 'https://example.com/guide',
}, 'the problem document';

for my $form (['text/html', 'text/html; charset=utf-8'], ['text/plain', 'text/plain; charset=utf-8'],
    ['application/json', 'application/problem+json'], ['image/png', 'application/problem+json'],
    ['text/html,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8']) {
    my $negotiated = get('routes', '/ws', "Accept: $form->[0]");
    is field($negotiated, 'Content-Type'), $form->[1], "Accept: $form->[0]";
    like $negotiated->{body}, qr/websocket-missing/, "Accept: $form->[0]: the reason is in it";
}

# A message with markup, in each form; a name and a guide of its own.
my $message = 'Chat on localhost speaks <WebSocket> & "nothing" else.';
is json_of(get('routes', '/ws/guide'))->{detail}, $message, 'message in JSON';
is json_of(get('routes', '/ws/guide'))->{policy}, 'chat.v2', 'name in JSON';
is field(get('routes', '/ws/guide'), 'Link'), '</early>; rel=a, </local/guide.html>; rel="help"',
    'the inner guide';
like get('routes', '/ws/guide', 'Accept: text/html')->{body},
  qr{<p>Chat on localhost speaks &lt;WebSocket&gt; &amp; &quot;nothing&quot; else\.</p>}, 'message in HTML';
like get('routes', '/ws/guide', 'Accept: text/plain')->{body}, qr{^\Q$message\E$}m, 'message in text';

# Nothing is cut: texts longer than the usual room
{
    my $long = join ' ', map { "word$_" } 1 .. 900;
    my $answer = get('routes', '/long', "X-Long: $long");
    is json_of($answer)->{detail}, $long, 'a long message arrives whole';
    like field($answer, 'Link'), qr{/(?:guide-){50}\?a=1&b='2'>}, 'a long guide too';
    is field($answer, 'Upgrade'), 'websocket', 'and the fields beside it';
    is field($answer, 'X-Early'), undef, 'what was meant for a success is not sent';
    like get('routes', '/long', "X-Long: x", 'Accept: text/html')->{body}, qr{a=1&amp;b=&#39;2&#39;"},
        'the guide is escaped in HTML';
}

# Front ends that choke on Upgrade
my $quiet = get('routes', '/ws/quiet');
is $quiet->{status}, 403, 'not advertised: 403';
is field($quiet, 'Upgrade'), undef, 'not advertised: no Upgrade';
is field($quiet, 'Connection'), undef, 'not advertised: no Connection';
is json_of($quiet)->{title}, 'Forbidden', 'not advertised: title';
is json_of($quiet)->{status}, 403, 'not advertised: status in the body';
is_deeply json_of($quiet)->{upgrade}, ['websocket'], 'not advertised: the body has the list';

# mod_headers works as on any error
my $always = get('routes', '/always');
is field($always, 'X-Always'), 'yes', 'Header always set';
is field($always, 'X-Not-On-Errors'), undef, 'Header set is for successes';

my $headers = get('routes', '/headers');
is field($headers, 'Cache-Control'), 'max-age=5', 'Header always set replaces';
is field($headers, 'Upgrade'), undef, 'Header always unset removes';
like field($headers, 'Vary'), qr/^Origin, ?Accept, ?Cookie$/, 'Header always append adds';

# What describes the file does not describe the answer
my $encoded = get('routes', '/page.html.de.gz', 'Accept: text/plain');
is $encoded->{status}, 426, 'an encoded file: refused';
is field($encoded, $_), undef, "an encoded file: no $_" for 'Content-Encoding', 'Content-Language';

like json_of(get('routes', '/empty-message'))->{detail}, qr/^This resource is a WebSocket endpoint/,
  'an empty message gives way to the default';

# Keep-Alive and Connection are merged by httpd
my $kept = ask('routes', "GET /ws HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
is field($kept, 'Connection'), 'Upgrade, Keep-Alive', 'keep-alive of HTTP/1.0 is merged';
my $closed = get('routes', '/ws', 'Connection: close');
is field($closed, 'Connection'), 'Upgrade, close', 'close is merged';

# All unmet families are told, TLS first
my $all = json_of(get('floor_named', '/plain'));
is $all->{reason}, 'tls-missing', 'several unmet: the first is the reason';
is_deeply $all->{required}, ['TLS/1.3', 'HTTP/2', 'WebSocket'], 'several unmet: all are listed';
is_deeply $all->{upgrade}, ['TLS/1.3', 'HTTP/2.0', 'websocket'], 'several unmet: the ways out';
is field(get('floor_named', '/plain'), 'Upgrade'), 'TLS/1.3, HTTP/2.0, websocket', 'several unmet: the field';

done_testing;
