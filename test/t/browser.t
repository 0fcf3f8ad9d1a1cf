# Pages in headless Chromium: the chat, with a real browser's handshake; what a person is shown
# who opens a WebSocket; the probe.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Wire;

plan skip_all => 'chromium is not installed: nothing was tested in a browser'
  unless grep { -x "$_/chromium" } split /:/, $ENV{PATH};

sub browse {
    my ($url, $expression) = @_;
    open my $pipe, '-|', 'node', "$FindBin::Bin/clients/node/browser.js", $url, $expression or die $!;
    local $/;
    my $output = <$pipe> // '';
    close $pipe;
    return eval { JSON::PP->new->utf8->allow_nonref->decode($output) } // $output;
}

# Resolves once the condition holds; browser.js ends a wait that is too long.
my $until = 'const until = (done) => new Promise((resolve) => { const look = () => done() ? resolve() : '
    . 'setTimeout(look, 20); look(); });';

for my $host ([chat_clear => 'http'], [chat_tls => 'https']) {
    my ($name, $scheme) = @$host;
    my $base = "$scheme://127.0.0.1:" . port_of($name);
    is browse("$base/chat.html", "(async () => { $until
        await until(() => status.textContent === 'connected');
        text.value = 'hello from a browser';
        form.requestSubmit();
        await until(() => log.children.length === 1);
        return status.textContent + ': ' + log.textContent; })()"),
      'connected: hello from a browser', "$name: connects, sends, sees the echo";

    my $page = browse("$base/chat",
        '({ title: document.title, text: document.body.innerText, type: document.contentType })');
    is $page->{title}, '426 Upgrade Required', "$name: the WebSocket opened as a page: title";
    is $page->{type}, 'text/html', "$name: a page";
    like $page->{text},
        qr/This resource is a WebSocket endpoint\. The request was a plain HTTP\/[\d.]+ GET\./,
        "$name: and says what it is";
}

# The probe over HTTP/2
{
    my $base = 'https://127.0.0.1:' . port_of('probe_tls');
    my $page = browse("$base/probe",
        "({ title: document.title, text: document.body.innerText, protocol: "
        . "performance.getEntriesByType('navigation')[0].nextHopProtocol })");
    is $page->{title}, 'Upgrade probe', 'the probe: title';
    is $page->{protocol}, 'h2', 'the probe: over HTTP/2';
    like $page->{text}, qr/Protocol\s+HTTP\/2 over TLS 1\.3/, 'the probe: what is spoken';
    like $page->{text}, qr/ALPN offered\s+h2, http\/1\.1/, 'the probe: what is offered, without GREASE';
    like $page->{text}, qr/account\s+TLS HTTP\/2\s+enforced\s+met/, 'the probe: a policy';
    my $report = browse("$base/probe?format=text", 'document.body.innerText');
    like $report, qr/^Upgrade probe\n\nProtocol:     HTTP\/2 over TLS 1\.3$/m, 'the probe: as text';
}

done_testing;
