# Pages in headless Chromium: the chat, with a real browser's handshake; what a person is shown
# who opens a WebSocket; the probe.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Lines;
use Ports;
use Server;
use Wire;

needs('chromium');

sub browse {
    my ($url, @expression) = @_;
    open my $pipe, '-|', 'node', "$FindBin::Bin/clients/node/browser.js", $url, @expression or die $!;
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

# The probe over HTTP/2, where there is any
{
    my ($alpn, $version, $policy) =
      lacks('http2') ? ('http/1.1', 'HTTP/1.1', 'http-version') : ('h2', 'HTTP/2', 'met');
    my $base = 'https://127.0.0.1:' . port_of('probe_tls');
    my $page = browse("$base/probe",
        "({ title: document.title, text: document.body.innerText, protocol: "
        . "performance.getEntriesByType('navigation')[0].nextHopProtocol })");
    is $page->{title}, 'Upgrade probe', 'the probe: title';
    is $page->{protocol}, $alpn, "the probe: over $version";
    like $page->{text}, qr/Protocol\s+\Q$version\E over TLS 1\.3/, 'the probe: what is spoken';
    like $page->{text}, qr/ALPN offered\s+h2, http\/1\.1/, 'the probe: what is offered, without GREASE';
    like $page->{text}, qr/account\s+TLS HTTP\/2\s+enforced\s+$policy$/m, 'the probe: a policy';
    my $report = browse("$base/probe?format=text", 'document.body.innerText');
    like $report, qr/^Upgrade probe\n\nProtocol:     \Q$version\E over TLS 1\.3, key/, 'the probe: as text';
}

# A post-quantum key exchange, which it offers: its visit counts, whether or not this server's OpenSSL can
# agree on one. A policy that requires it is met where it can.
SKIP: {
    skip_without('chromium-131', 8);
    my $has_ml_kem = `openssl list -kem-algorithms 2>&1` =~ /X25519MLKEM768/;
    my $server = Server->new(modules => [qw(authz_core dir socache_shmcb ssl)]);
    my $port = free_port();
    $server->configure(<<"END")->start;
<Location /status>
SetHandler upgrade-status
</Location>
<Location /probe>
SetHandler upgrade-probe
</Location>
<Location /records>
UpgradeRequire PostQuantum
</Location>
@{[ tls_host($port) ]}
END
    my $seen = browse("https://127.0.0.1:$port/probe?format=json", "(async () => {
        const page = await (await fetch('/status')).text();
        const status = new DOMParser().parseFromString(page, 'text/html');
        const table = [...status.querySelectorAll('table')].find((t) => /Highest/.test(t.textContent));
        const yes = [...table.rows].find((row) => row.cells[0].textContent === 'yes');
        const records = (await fetch('/records')).status;
        return { records, probe: JSON.parse(document.body.innerText),
            share: yes.cells[2].textContent.trim() }; })()");
    is $seen->{probe}{groups_offered}[0], 'X25519MLKEM768', 'the group that the browser wants most';
    is_deeply $seen->{probe}{key_shares}, ['X25519MLKEM768', 'x25519'], 'and the keys that it sends';
    is $seen->{probe}{protocol}{key_exchange}, $has_ml_kem ? 'X25519MLKEM768' : 'x25519', 'and agrees on';
    is $seen->{records}, $has_ml_kem ? 404 : 403, 'a policy that requires PostQuantum';
    is $seen->{share}, '100.0 %', 'the status page shows it as ready';
    my $tls = json_of($server->ask('GET /status?format=json HTTP/1.1'))->{tls};
    is scalar @$tls, 1, 'no other client over TLS';
    cmp_ok $tls->[0]{post_quantum}, '>', 0, 'it is counted';
    is $tls->[0]{post_quantum}, $tls->[0]{offers}, 'always as ready';
    $server->stop;
}

# What the manual says about a WebSocket that does not connect: the browser's console, in its words
{
    my $manual = do {
        open my $file, '<', "$ENV{UPGRADE_TEST_TOP}/mod_upgrade_required/manual.md" or die $!;
        local $/;
        <$file> =~ s/\s+/ /gr;
    };
    my $raw = Apache::Test::vars('raw_port');
    my $server = Server->new(modules => [qw(authz_core dir proxy proxy_http)], helper => 1)
      ->configure(<<"END")->start;
ProxyPass /raw/ http://127.0.0.1:$raw/
<Location /raw/>
UpgradeKeep WebSocket
</Location>
<Location /alien>
UpgradeRequire WebSocket
UpgradeWebSocketOrigin https://elsewhere.example.com
</Location>
END
    my $base = "127.0.0.1:$server->{port}";
    for my $case (["'ws://$base/alien'", 'Unexpected response code: 403'],
        ["'ws://$base/raw/good', 'chat'",
            q{Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received}]) {
        my ($arguments, $message) = @$case;
        my $opens = "new Promise((done) => { new WebSocket($arguments).onclose = (e) => done(e.code); })";
        is browse("http://$base/", $opens), 1006, "$message: the code";
        my $console = browse("http://$base/", $opens, 'console');
        is scalar(grep { /\Q$message/ } @$console), 1, "$message: in the console";
        like $manual, qr/`\Q$message\E`/, "$message: in the manual";
    }
    $server->stop;
}

# An event tunnel with Pings of httpd's own, which a page never sees, and a longest message
{
    my $echo = Apache::Test::vars('echo_port');
    my $server = Server->new(modules => [qw(authz_core dir proxy proxy_http)], helper => 1)
      ->configure(<<"END")->start;
AsyncRequestWorkerFactor 100
ProxyPass /ws http://127.0.0.1:$echo/c
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
UpgradeTunnelPing 1 unanswered=100
UpgradeTunnelMessageMax 1000000
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
END
    my $base = "127.0.0.1:$server->{port}";
    is_deeply browse("http://$base/", "(async () => {
        const socket = new WebSocket('ws://$base/ws');
        const next = (event) => new Promise((done) => socket.addEventListener(event, done, { once: true }));
        await next('open');
        let answered = 0;
        while (answered < 2) {
            answered = (await (await fetch('/status?format=json')).json()).tunnels.pings.answered;
            await new Promise((done) => setTimeout(done, 50));
        }
        const random = new Uint8Array(1020000);    // it is compressed, or not
        for (let i = 0; i < random.length; i += 60000) crypto.getRandomValues(random.subarray(i, i + 60000));
        socket.binaryType = 'arraybuffer';
        const echo = next('message');
        socket.send(random.subarray(0, 990000));
        const back = new Uint8Array((await echo).data);
        const same = back.length === 990000 && back.every((byte, i) => byte === random[i]);
        socket.send(random);
        return [same, (await next('close')).code]; })()"), [JSON::PP::true, 1009],
        'a page behind UpgradeTunnelPing and UpgradeTunnelMessageMax';
    $server->stop;
}

done_testing;
