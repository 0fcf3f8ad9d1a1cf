# "Gets 426": each sentence of the manual, of the page for those who were refused and of the README that names
# a status is asked of a server. Claims.pm finds the sentences; here is a row for each of them, with a
# configuration and requests that get all the statuses that it names, and no other.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Claims;
use Lacks;
use Lines;
use Ports;
use Server;
use Tunnel;
use Wait;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @documents = qw(README.md mod_upgrade_required/manual.md mod_upgrade_required/refused.md);
my $raw = Apache::Test::vars('raw_port');

# ---- lines that rows have in common

my $websocket = 'UpgradeRequire WebSocket';
my $proxied = "UpgradeKeep WebSocket\nProxyPass / http://127.0.0.1:$raw/";
my @opens = (with => $proxied, gets => [101 => ['GET /good', handshake()]]);
my $h2c = 'Protocols h2c http/1.1';
my $behind = 'UpgradeTrustedProxy 127.0.0.1 http=X-HTTP scheme=X-Scheme';
my @h2 = ('X-HTTP: 2');
my $announce = "UpgradeMode announce since=2026-01-01T00:00:00Z";
my $password = "AuthType Basic\nAuthName x\nAuthUserFile /dev/null\nRequire valid-user";
# A group that every OpenSSL has, and that is not post-quantum
my $classical = "SSLOpenSSLConfCmd Groups P-256\nUpgradeRequire PostQuantum";

sub changed { my ($from, $to) = @_; return grep { $_ ne '' } map { s/^$from.*/$to/r } handshake() }
sub at { my ($path, @lines) = @_; return join "\n", "<Location $path>", @lines, '</Location>' }
sub announced { my ($answer) = @_; return (field($answer, 'Deprecation') // '') =~ /^\@\d+$/ }

# ---- the rows
#
# says     a part of the sentence, which no other has
# with     the lines of a virtual host
# gets     a status => a request line (HTTP/1.1 follows) and headers; "tls GET /" over TLS, "h2 GET /" in
#          HTTP/2 in clear, "h2 CONNECT /" for a WebSocket in it. Or a sub: it gets the port and the log, asks
#          what the row is about, and returns the status.
# and      what else the sentence says: a sub that gets the answers in the order of "gets"
# names    what it names instead: the status of a backend, which the client does not get
# by       another test has the case: its name, and the words by which it has it
# untried  why there is no request

my @rows = (
    # README
    { says => 'get `426 Upgrade Required` with a correct', with => 'UpgradeRequire TLS',
        gets => [426 => ['GET /']],
        and => sub { field($_[0], 'Upgrade') =~ /^TLS/ && json_of($_[0])->{hint} } },

    # Directives
    { says => 'it gets 426 too and the connection is closed', with => at('/x', 'UpgradeRequire TLS'),
        gets => [426 => ['GET /x'], 426 => ['OPTIONS *', 'Upgrade: TLS/1.2', 'Connection: Upgrade']],
        and => sub { field($_[1], 'Connection') =~ /close/ } },
    { says => 'The status is 307 or 308', with => join("\n", 'UpgradeRequire TLS', 'ServerName localhost',
            at('/t', 'UpgradeRedirect temporary'), at('/p', 'UpgradeRedirect permanent')),
        gets => [307 => ['GET /t'], 308 => ['GET /p']],
        and => sub { 2 == grep { field($_, 'Cache-Control') eq 'no-store' } @_ } },
    { says => 'and offers of other protocols get 426',
        with => "UpgradeRequire TLS\nUpgradeRedirect permanent",
        gets => [426 => ['POST /', 'Content-Length: 0'], 426 => ['GET /', handshake()],
            426 => ['GET /', 'Upgrade: TLS/1.3', 'Connection: Upgrade']] },
    { says => 'it gets 426 instead, and the log says why',
        with => "$behind\nUpgradeRequire TLS\nUpgradeRedirect permanent",
        gets => [426 => ['GET /', 'X-Scheme: on'], 426 => ['GET /', 'X-Scheme: https, http']] },
    { says => 'the status is 403 instead of 426',
        with => join("\n", 'UpgradeRequire TLS', at('/off', 'UpgradeAdvertise off')),
        gets => [403 => ['GET /off'], 426 => ['GET /']],
        and => sub { !defined field($_[0], 'Upgrade') && field($_[1], 'Upgrade') } },
    { says => 'Over HTTP/2 the status is then 403 too',
        with => "$h2c\nUpgradeRequire TLS\nUpgradeAdvertise off",
        gets => [403 => ['h2 GET /']] },
    { says => '`400 Valid Sec-WebSocket-Key required`', with => join("\n", 'UpgradePhrase on',
            at('/tls', 'UpgradeRequire TLS/1.2'), at('/ws', $websocket)),
        gets => [426 => ['GET /tls'], 400 => ['GET /ws', changed('Sec-WebSocket-Key', '')]],
        and => sub { "$_[0]{phrase}, $_[1]{phrase}" eq
              'TLS 1.2 or newer required, Valid Sec-WebSocket-Key required' } },
    { says => 'where HTTP/1.1 would get 426', with => "$h2c\n$websocket",
        gets => [426 => ['GET /'], 426 => ['h2 GET /']] },
    { says => 'it acts like `426`', with => join("\n", $h2c, $behind, 'UpgradeHTTP2Answer reset',
            at('/tls', 'UpgradeRequire TLS'), at('/ws', $websocket)),
        gets => [426 => ['h2 GET /tls'], 426 => ['GET /ws', @h2]] },
    { says => 'A stream that was reset is logged with status 403',
        with => "$h2c\n$websocket\nUpgradeHTTP2Answer reset", gets => [403 => \&logged_reset] },
    { says => 'another status (400, 405) are not affected',
        with => "$h2c\n$behind\nUpgradeHTTP2Answer reset\nUpgradeRequire WebSocket",
        gets => [405 => ['POST /', handshake(), @h2, 'Content-Length: 0'],
            400 => ['GET /', changed('Sec-WebSocket-Key', 'Sec-WebSocket-Key: short'), @h2]] },
    { says => '`reset` cannot, and acts like 426', with => "$behind\n$websocket\nUpgradeHTTP2Answer reset",
        gets => [426 => ['GET /', @h2]], and => sub { !defined field($_[0], 'Upgrade') } },
    { says => "an application's 426", with => $proxied, gets => [426 => ['GET /426']] },
    { says => "remove the header from a WebSocket's 101", @opens,
        and => sub { field($_[0], 'Upgrade') eq 'websocket' } },
    { says => 'all others get 403, `websocket-origin`',
        with => at('/', $websocket, 'UpgradeWebSocketOrigin https://a.test'),
        gets => [403 => ['GET /', handshake(), 'Origin: https://b.test']],
        and => sub { json_of($_[0])->{reason} eq 'websocket-origin' } },
    { says => '400, `websocket-subprotocol`, with the list',
        with => at('/', $websocket, 'UpgradeWebSocketProtocol chat.v2'),
        gets => [400 => ['GET /', handshake(), 'Sec-WebSocket-Protocol: Chat.v2']],
        and => sub { json_of($_[0])->{subprotocols}[0] eq 'chat.v2' } },
    { says => 'What carries a kept WebSocket after its 101',
        with => join("\n", $proxied, map { at("/$_", "UpgradeTunnel $_") } qw(event thread)),
        gets => [101 => ['GET /event/good', handshake()], 101 => ['GET /thread/good', handshake()]] },
    { says => 'A handshake beyond the limit gets 429',
        with => "$proxied\nUpgradeName limited\nUpgradeTunnelPerClient 1", gets => [429 => \&beyond_limit] },
    { says => 'set to `open` and the status 101', with => "$proxied\nUpgradeTunnelLogOpen on",
        gets => [101 => logged_with('open')] },

    # The response
    { says => 'then the status is 403 and there is no `Upgrade` header', with => $classical,
        gets => [403 => ['tls GET /']], and => sub { !defined field($_[0], 'Upgrade') } },
    { says => '**Allow: GET** with 405', with => $websocket, gets => [405 => ['PUT /', handshake()]],
        and => sub { field($_[0], 'Allow') eq 'GET' } },
    { says => 'say `UNKNOWN` with 426', with => "$h2c\nUpgradeRequire TLS",
        gets => [426 => ['h2 GET /', 'Content-Type: application/grpc']],
        and => sub { field($_[0], 'grpc-status') eq '9' } },
    { says => 'turns the response into a 302',
        with => "UpgradeRequire TLS\nErrorDocument 426 https://a.test/why",
        gets => [302 => ['GET /']] },
    { says => 'httpd sends its own text for 426', with => "UpgradeRequire TLS\nErrorDocument 426 /nowhere",
        gets => [426 => ['GET /']], and => sub { $_[0]{body} =~ /SSL/ } },

    # Announcing, Counters
    { says => 'A switch to WebSocket (101) has them', with => "$proxied\nUpgradeRequire TLS\n$announce",
        gets => [101 => ['GET /good', handshake()]], and => \&announced },
    { says => 'a 401 or 403 of access control', with => join("\n", 'UpgradeRequire HTTP/2', $announce,
            at('/denied', 'Require all denied'), at('/password', $password),
            at('/tls', 'Require all denied', 'UpgradeRequire TLS')),
        gets => [403 => ['GET /denied'], 401 => ['GET /password'], 403 => ['GET /tls']],
        and => sub { !announced($_[0]) && !announced($_[1]) && announced($_[2]) } },
    { says => '| `upgrade_required_tunnels_refused_total` |',
        by => ['symptoms.t', 'UR0012', 'UR0025', 'UR0003 tunnel-limit'] },
    { says => 'opened just before its client gets the 101', @opens },

    # HTTP/2
    { says => 'a server that sends 426 MUST send `Upgrade`', with => 'UpgradeRequire TLS',
        gets => [426 => ['GET /']],
        and => sub { field($_[0], 'Upgrade') } },
    { says => '`403` complies with the letter', with => "$h2c\nUpgradeRequire TLS\nUpgradeHTTP2Answer 403",
        gets => [403 => ['h2 GET /']] },

    # The rules of the handshake, and the reasons
    rules(
        ['Upgrade` has the token', 426 => 'websocket-missing', []],
        ['HTTP/1.1, or an extended CONNECT', 426 => 'websocket-http-version', [handshake()], 'HTTP/1.0'],
        ['the method is GET', 405 => 'websocket-method', [handshake()], 'HTTP/1.1', 'POST'],
        ['no body is announced', 400 => 'websocket-body', [handshake(), 'Content-Length: 1', '', 'x']],
        ['exactly one `Sec-WebSocket-Version`', 426 => 'websocket-version', [changed('Sec-WebSocket-V', '')]],
        ['exactly one `Sec-WebSocket-Key`', 400 => 'websocket-key', [changed('Sec-WebSocket-K', '')]],
        ['`Connection` does not name', 400 => 'websocket-connection', [handshake(), 'Connection: Origin']],
        ['`Origin` is allowed', 403 => 'websocket-origin', [handshake(), 'Origin: https://b.test']],
        ['an accepted subprotocol', 400 => 'websocket-subprotocol', [handshake()]],
    ),
    { says => 'and `key-exchange` with 403 for clients', with => join("\n", $classical,
            at('/tls', 'UpgradeRequire TLS'), at('/http', 'UpgradeRequire HTTP/2'),
            at('/version', 'UpgradeRequire TLS/1.3')),
        gets => [403 => ['tls GET /'], 426 => ['GET /tls'], 426 => ['GET /http'],
            426 => ['tls1.2 GET /version'], 426 => ['tls1.2 GET /']],
        and => sub { join(' ', map { json_of($_)->{reason} } @_) eq
              'key-exchange tls-missing http-version tls-version key-exchange' } },

    # The helper
    { says => "Python's websockets 15 with 400", untried => 'Debian 12 has an older one' },
    { says => 'If the backend switches anyway, its 101 is not',
        with => "$proxied\nErrorDocument 405 /good\n" . at('/refused', $websocket, 'ProxyPass !'),
        gets => [405 => ['PUT /refused', handshake()]], names => 101,
        and => sub { $_[0]{body} =~ /error was encountered while trying to use an ErrorDocument/ } },
    { says => 'interim response (103) before it', with => $proxied,
        gets => [101 => ['GET /interim', handshake()]], names => 103 },
    { says => 'results in 502, and `UR0007`', with => $proxied,
        gets => [map { (502, ["GET /$_", handshake()]) } qw(h2c not-http oversized)] },
    { says => "The client gets the backend's 101", with => $proxied,
        gets => [101 => ['GET /case', handshake()]],
        and => sub { $_[0]{phrase} eq 'OK' } },
    { says => "the 101's own `Connection`", with => $proxied, gets => [101 => ['GET /case', handshake()]],
        and => sub { field($_[0], 'Connection') =~ /^upgrade$/i } },
    { says => 'extension that the 101 names', @opens },
    { says => 'A 426, whether it answers a handshake', with => "$proxied\nProxyErrorOverride on",
        gets => [426 => ['GET /426', handshake()], 426 => ['GET /426'], 426 => ['GET /426-odd']],
        and => sub { 2 == grep { (field($_, 'Upgrade') // '') eq 'websocket' } @_ } },
    { says => "nor the backend's 101 is checked",
        with => "UpgradeKeep WebSocket\nProxyPass / http://127.0.0.1:$raw/ upgrade=h2c",
        gets => [101 => ['GET /h2c', 'Upgrade: h2c', 'Connection: Upgrade']] },
    { says => 'free for other requests after the 101', with => "$proxied\nUpgradeTunnel event",
        gets => [101 => ['GET /good', handshake()]] },
    { says => 'Only if no child has room', by => ['symptoms.t', 'UR0012'] },
    { says => 'Further handshakes wait until', by => ['symptoms.t', 'UR0025'] },
    { says => 'then the client gets 504', by => ['symptoms.t', 'UR0031'] },
    { says => 'a child that is leaving ends, with its other tunnels', by => ['tunnel_hang.t', 'UR0038'] },
    { says => '| `UR0038` |', by => ['tunnel_hang.t', 'UR0038'] },
    { says => 'and 499 in the access log', by => ['symptoms.t', 'UR0026'] },
    { says => 'one line per tunnel, written at its end, with status 101', with => $proxied,
        gets => [101 => logged_with('client')] },

    # Beside other modules
    { says => 'mod_auth_openidc sends 401', by => ['beside.t', 'mod_auth_openidc: who takes no HTML'] },
    { says => '302 and 301 become 307 and 308', own => \&requires_https },
    { says => 'mod_authn_yubikey answers', by => ['beside.t', 'mod_authn_yubikey: as it comes'] },

    # My WebSocket does not connect
    { says => 'A valid one gets 101', @opens },
    { says => 'If curl gets 101 and the browser does not',
        with => "$proxied\n" . at('/', 'UpgradeWebSocketOrigin same', $websocket),
        gets => [101 => ['GET /good', handshake()],
            403 => ['GET /good', handshake(), 'Origin: https://b.test']] },

    # The probe, the log, the limits
    { says => 'the page as the body of a 400', with => "$h2c\nH2WebSockets on\nSetHandler upgrade-probe",
        gets => [400 => ['h2 CONNECT /']],
        and => sub { $_[0]{body} =~ /websocket/ }, lacks => 'h2-websockets' },
    { says => '| `UpgradeHTTP2Answer 426`, or `403` |', with => "$h2c\n$websocket\nUpgradeHTTP2Answer 403",
        gets => [403 => ['h2 GET /']] },
    { says => '| `UR0007` |', with => $proxied,
        gets => [502 => ['GET /no-accept', handshake()]], names => 101 },
    { says => '| `UR0015` |', untried => 'no httpd does that; it is a guard' },
    { says => '| `UR0028` |', @opens },
    { says => '| `UR0031` |', by => ['symptoms.t', 'UR0031'] },
    { says => "gets httpd's 400 before any policy", with => 'UpgradeFloor TLS',
        gets => [400 => ['GET /', 'No-Host: x'], 400 => ['GET /', 'no header']] },

    # I see 426
    { says => 'because it expects a 101', @opens },
    { says => 'It prints 101 if the handshake arrives whole', @opens },
    { says => 'Status 429: your address already has',
        with => "$proxied\nUpgradeName limited.too\nUpgradeTunnelPerClient 1",
        gets => [429 => \&beyond_limit] },
);

# A row for each rule: a handshake that breaks it, and no rule before it
sub rules {
    my @rules = @_;
    my $all = at('/', $websocket, 'UpgradeWebSocketOrigin https://a.test', 'UpgradeWebSocketProtocol chat');
    return map {
        my ($says, $status, $reason, $lines, $version, $method) = @$_;
        { says => $says, with => $all, gets => [$status => [($method // 'GET') . ' /', @$lines]],
            version => $version, and => sub { json_of($_[0])->{reason} eq $reason } };
    } @rules;
}

# ---- what takes more than a request

my $server;

# The second handshake of one client, while the first one's tunnel is open
sub beyond_limit {
    my ($port) = @_;
    my $first = asking($server, '/good', port => $port);
    is answer_from($first)->{status}, 101, 'within the limit';
    my $second = answer_from(asking($server, '/good', port => $port));
    close $first;
    ok field($second, 'Retry-After'), 'beyond it: Retry-After';
    is json_of($second)->{reason}, 'tunnel-limit', 'beyond it: the reason';
    return $second->{status};
}

# What the access log of its virtual host has
sub line_of {
    my ($log, $pattern) = @_;
    my $status;
    eventually(sub { ($status) = $server->file($log) =~ $pattern });
    return $status // 'nothing';
}

sub logged_reset {
    my ($port, $log) = @_;
    is h2($port, '/')->{reset}, 'HTTP_1_1_REQUIRED', 'the stream is reset';
    return line_of($log, qr/^(\d+) /m);
}

sub logged_with {
    my ($outcome) = @_;
    return sub {
        my ($port, $log) = @_;
        my $client = asking($server, '/good', port => $port);
        answer_from($client);
        close $client if $outcome ne 'open';
        my $status = line_of($log, qr/^(\d+) $outcome$/m);
        close $client;
        return $status;
    };
}

# mod_md redirects for each method; the statuses that it gave. The virtual hosts are its own.
sub requires_https {
    my ($clear, @got) = (free_port());
    my %of = certificate();
    for my $how (qw(temporary permanent)) {
        my $md = Server->new(modules => [qw(authz_core alias dir ssl socache_shmcb watchdog md)])
          ->configure(<<"CONF")->start;
@{[ host($clear, 'ServerName localhost', 'UpgradeFloor TLS') ]}
<MDomain localhost>
    MDRequireHttps $how
    MDRenewMode manual
    MDMembers manual
    MDCertificateFile $of{SSL_cert_file}
    MDCertificateKeyFile $of{SSL_key_file}
</MDomain>
CONF
        push @got, map {
            my $request = join "\r\n", "$_ /x HTTP/1.1", 'Host: localhost', 'Content-Length: 0', '', '';
            ask($clear, $request)->{status}
        } qw(GET POST);
        $md->stop->finish;
    }
    return @got;
}

# ---- one server for all rows, each in a virtual host of its own

my @hosts;
for my $row (grep { $_->{gets} } @rows) {
    my $number = @hosts / 2;
    my $log = "log$number";
    @$row{qw(clear secure log)} = (free_port(), free_port(), $log);
    push @hosts, host($row->{clear}, qq(CustomLog $log "%>s %{UPGRADE_TUNNEL}e"), $row->{with}),
      tls_host($row->{secure}, $row->{with});
}
$server = Server->new(helper => 1, modules => [qw(authz_core authn_core authn_file authz_user auth_basic
    alias dir headers http2 proxy proxy_http ssl socache_shmcb)])->configure(join "\n", @hosts)->start;

sub request {
    my ($row, $line, @lines) = @_;
    my ($over, $method, $target) = $line =~ /^(?:(h2|tls\S*) )?(\S+) (\S+)$/ or die "no request: $line";
    if (($over // '') eq 'h2') {
        return h2($row->{clear}, $target, fields => \@lines, connect => $method eq 'CONNECT');
    }
    my $version = $row->{version} // 'HTTP/1.1';
    unshift @lines, 'Host: localhost' unless grep { /^No-Host/ } @lines;
    push @lines, '' unless grep { $_ eq '' } @lines;
    my $bytes = join "\r\n", "$method $target $version", @lines, '';
    return ask($row->{clear}, $bytes) if !$over;
    my $newest = $over eq 'tls1.2' ? 'TLSv1_2' : 'TLSv1_3';
    return ask($row->{secure}, $bytes, tls => { SSL_version => $newest });
}

# The statuses that the row's requests get, each as it says
sub try {
    my ($row) = @_;
    return $row->{own}->() if $row->{own};
    my @gets = @{ $row->{gets} };
    my (@answers, @statuses);
    while (my ($status, $request) = splice @gets, 0, 2) {
        my $answer = ref $request eq 'CODE' ? { status => $request->($row->{clear}, $row->{log}) }
          : request($row, @$request);
        is $answer->{status}, $status, "$row->{says}: " . (ref $request eq 'CODE' ? '' : $request->[0]);
        push @answers, $answer;
        push @statuses, $answer->{status};
    }
    return @statuses if !$row->{and};
    ok $row->{and}->(@answers), "$row->{says}: and what else it says" or diag explain \@answers;
    return @statuses;
}

# Another test has this case, and says so itself.
sub is_tried_by {
    my ($name, @words) = @_;
    my $text = document("test/t/$name");
    return !grep { index($text, $_) < 0 } @words;
}

# ---- the sentences

# Tables that another test goes through row by row, with the statuses in them
my %tables = (
    'It gets a status other than 101' => ['symptoms.t', 'each row of the manual has a case'],
    'Beside other modules' => ['beside.t', 'the rows of the manual are those here'],
);
my %used;

sub row_for {
    my ($claim) = @_;
    my @found = grep { index($claim->{sentence}, $_->{says}) >= 0 } @rows;
    $used{ $_->{says} }++ for @found;
    return @found;
}

my $held = 0;
for my $claim (map { claims_of(document($_)) } @documents) {
    my $table = $tables{ $claim->{heading} };
    if ($table && $claim->{sentence} =~ /^\|/) {
        $used{ $claim->{heading} }++ or ok is_tried_by(@$table), "$claim->{heading}: rows of $table->[0]";
        next;
    }
    my @found = row_for($claim);
    is scalar @found, 1, "one row for: $claim->{sentence}" or next;
    my ($row) = @found;
    $held++;
    if ($row->{untried}) { pass "$row->{says}: $row->{untried}"; next }
    if ($row->{by}) { ok is_tried_by(@{ $row->{by} }), "$row->{says}: it is in @{ $row->{by} }"; next }
    SKIP: {
        skip_without($row->{lacks}, 1) if $row->{lacks};
        my %got = map { $_ => 1 } try($row);
        %got = ($row->{names} => 1) if $row->{names};
        is_deeply [sort keys %got], $claim->{statuses}, "$row->{says}: all that it names"
          or diag $claim->{sentence};
    }
}
cmp_ok $held, '>', 1, 'there are sentences';
is_deeply [grep { !$used{ $_->{says} } } @rows], [], 'each row has its sentence';
ok $used{$_}, "there is the table $_" for sort keys %tables;
$server->stop;
done_testing;
