# An administrator's ErrorDocument wins over the module's body, and loses nothing.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Wire;

# A local path, at the floor, on the first request of a connection that offers h2c: core's
# upgrade handler must neither add a field nor switch.
for my $offer ([], ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings',
    'HTTP2-Settings: AAMAAABkAAQAAP__']) {
    my $name = @$offer ? 'floor, h2c offered' : 'floor';
    my $answer = ask('errordoc_floor',
        join("\r\n", 'GET /x?floor HTTP/1.1', 'Host: localhost', @$offer, '', ''), close => 1);
    is $answer->{status}, 426, "$name: status";
    is_deeply [fields($answer, 'Upgrade')], ['HTTP/2.0'], "$name: one Upgrade, ours";
    is field($answer, 'Connection'), 'Upgrade, close', "$name: Connection";
    is field($answer, 'Link'), '<https://example.com/guide>; rel="help"', "$name: Link";
    is field($answer, 'Cache-Control'), 'no-store', "$name: Cache-Control";
    is $answer->{body}, "reason=http-version verdict=refuse policy=floor phase=floor\n",
        "$name: the document sees why";
    ok $answer->{closed}, "$name: closed";
}
is log_line('verdict_log', qr{^GET /x\?floor }),
    "GET /x?floor HTTP/1.1|426|refuse|http-version|floor|floor\n",
  'the access log has the words';

# A text
{
    my $answer = get('errordoc_text', '/x');
    is $answer->{status}, 426, 'text: status';
    is $answer->{body}, 'Please upgrade.', 'text: body';
    is field($answer, 'Upgrade'), 'HTTP/2.0', 'text: Upgrade';
    is field($answer, 'Content-Type'), 'text/html; charset=iso-8859-1', 'text: type';
}

# A URL: httpd's rule makes it a redirect
{
    my $answer = get('errordoc_url', '/x');
    is $answer->{status}, 302, 'URL: httpd redirects';
    is field($answer, 'Location'), 'https://example.com/upgrade', 'URL: Location';
}

# A route: its own document, on a kept connection; the document is not judged
for my $offer ([], ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings',
    'HTTP2-Settings: AAMAAABkAAQAAP__']) {
    my $name = @$offer ? 'route, h2c offered' : 'route';
    my $answer = get('errordoc_route', '/ws?route', @$offer);
    is $answer->{status}, 426, "$name: status";
    is_deeply [fields($answer, 'Upgrade')], ['websocket'], "$name: one Upgrade, ours";
    is field($answer, 'Connection'), 'Upgrade', "$name: kept";
    is $answer->{body}, "reason=websocket-missing verdict=refuse policy=/ws phase=route\n",
        "$name: the document sees why";
}
is log_line('verdict_log', qr{^GET /ws\?route }),
    "GET /ws?route HTTP/1.1|426|refuse|websocket-missing|/ws|route\n",
  'route: the access log has the words';
{
    my $answer = ask('errordoc_route', join "\r\n", 'POST /ws HTTP/1.1', 'Host: localhost', handshake, '',
        '');
    is $answer->{status}, 405, '405: status';
    is $answer->{body}, 'Use GET.', '405: text';
    is field($answer, 'Allow'), 'GET', '405: Allow is exact';
    my @no_key = grep { !/Key/ } handshake;
    $answer = get('errordoc_route', '/ws', @no_key);
    is $answer->{status}, 400, '400: status';
    is $answer->{body}, "nothing here\n", '400: document';
}

# A document that is proxied must not wait for the body that the client announced. (Its status
# is the document's: mod_proxy's rule.)
for my $body (['Content-Length: 100000'], ['Transfer-Encoding: chunked'],
    ['Content-Length: 9', 'Expect: 100-continue']) {
    my $answer = ask('errordoc_route',
        join("\r\n", 'POST /ws/proxied HTTP/1.1', 'Host: localhost', @$body, '', ''), close => 1);
    like $answer->{body}, qr/^reason=/, "proxied document, @$body: the document";
    ok $answer->{closed}, "proxied document, @$body: closed";
}

# A document that is not there: httpd's own words, but our fields
{
    my $answer = ask('errordoc_route', join "\r\n", 'POST /ws/gone HTTP/1.1', 'Host: localhost', handshake,
        '', '');
    is $answer->{status}, 405, 'missing document: status';
    like field($answer, 'Allow'), qr/\bGET\b/, 'missing document: Allow';
    is field($answer, 'Sec-WebSocket-Version'), '13', 'missing document: fields';
}

# HEAD, and HTTP/2
{
    my $answer = ask('errordoc_route', "HEAD /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", close => 0);
    is $answer->{status}, 426, 'HEAD: status';
    is field($answer, 'Upgrade'), 'websocket', 'HEAD: Upgrade';
  SKIP: {
        skip_without('http2', 3);
        $answer = h2('errordoc_route', '/ws');
        is $answer->{status}, 426, 'HTTP/2: status';
        is $answer->{body}, "reason=websocket-missing verdict=refuse policy=/ws phase=route\n",
            'HTTP/2: the document';
        is field($answer, 'upgrade'), undef, 'HTTP/2: no Upgrade';
    }
}

# An ErrorDocument of another error may lie on a route with a policy
{
    my $answer = get('errordoc_route', '/missing');
    is $answer->{status}, 404, 'another error keeps its status';
    is $answer->{body}, "endpoint\n", 'and its document';
}

done_testing;
