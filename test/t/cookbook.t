# The cookbook for administrators, entry by entry: with a configuration that has the mistake the symptom of
# the heading is there, and with the lines of the entry it is gone. What an entry says to run is run.
use strict;
use warnings;
use Test::More;
use FindBin;
use IPC::Open2;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Claims;
use Front;
use Lacks;
use Lines;
use Ports;
use Server;
use Tunnel;
use Wait;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $conf = Apache::Test::vars('t_conf');
my $clients = "$FindBin::Bin/clients";
my $backends = "$FindBin::Bin/backend";
my $python = '/usr/bin/python3';
my @modules = qw(authz_core authz_host alias dir headers http2 proxy proxy_http rewrite setenvif ssl
  socache_shmcb);
# It breaks a rule about pools for which the APR of the sanitizers' build ends a process: with that one the
# entry about it is left to the release build.
my $has_security = !lacks('mod_security2') && !$ENV{UPGRADE_TEST_APR};
push @modules, qw(unique_id security2) if $has_security;
my $server = Server->new(helper => 1, modules => \@modules);
my $folder = $server->{folder};
local $ENV{PATH} = "$ENV{PATH}:/usr/lib/nagios/plugins";
local $ENV{CURL_CA_BUNDLE} = "$conf/server.crt";
local $ENV{HOME} = $folder;
local $ENV{GRPC_VERBOSITY} = 'NONE';

# ---- the entries: the heading => { words, cure, run, statuses }

my %entry;
my $book = document('mod_upgrade_required/cookbook.md');
while ($book =~ /^## ([^\n]+)\n(.*?)(?=^## |\z)/gms) {
    my ($heading, $text) = ($1, $2);
    my %of = (words => [$heading =~ /`([^`]+)`/g]);
    $of{statuses} = [map { @{ $_->{statuses} } } claims_of($text)];
    ($of{cure}) = $text =~ /^```apache\n(.*?)^```/ms or die "$heading: no lines of a configuration";
    ($of{run}) = $text =~ /^```sh\n(.*?)^```/ms;
    like $text, qr/^Check/m, "$heading: how to check";
    $entry{ $heading =~ s/`//gr } = \%of;
}

# ---- backends: their ports

my (@programs, @children);

# However the test ends. Children go first: they have what programs read from.
END {
    local $?;
    kill TERM => @children;
    waitpid $_, 0 for @children;
    for (@programs) {
        close $_->[1];
        waitpid $_->[0], 0;
    }
}

sub program {
    my @command = @_;
    my $pid = open2(my $out, my $in, @command);
    push @programs, [$pid, $in, $out];
    return readline($out) =~ /(\d+)/ ? $1 : die "@command: no port";
}

# One that has the same answer for every request
sub answering {
    my ($bytes) = @_;
    my $socket = backend();
    my $pid = fork // die $!;
    if ($pid) {
        push @children, $pid;
        return $socket->sockport;
    }
    close $_ for *STDOUT, *STDERR;
    while (my $client = $socket->accept) {
        # One that asks for nothing must not end it.
        eval {
            my $head = head_from($client);
            syswrite $client, "HTTP/1.1 100 Continue\r\n\r\n" if $head =~ /^Expect:/mi;
            receive($client, $1) if $head =~ /^Content-Length: (\d+)/mi;
            syswrite $client, $bytes;
        };
        close $client;
    }
    POSIX::_exit(0);
}

sub page {
    my ($type, $body) = @_;
    my $length = length $body;
    return join "\r\n", 'HTTP/1.1 200 OK', "Content-Type: $type", "Content-Length: $length", '', $body;
}

sub written {
    my ($name, $text) = @_;
    open my $file, '>', "$folder/$name" or die "$name: $!";
    print $file $text;
    close $file or die $!;
    return "$folder/$name";
}

# The files that an entry names, and an answer to the question about them
sub ocsp_answer {
    my $certificate = do { local (@ARGV, $/) = "$conf/server.crt"; <> };
    my @names = map { written($_, $certificate) } qw(ca.pem server.pem);
    written('index', '');
    my $files = "-index $folder/index -rsigner $conf/server.crt -rkey $conf/server.key -CA $names[0]";
    system("cd $folder && openssl ocsp -issuer ca.pem -cert server.pem -no_nonce -reqout question"
      . " && openssl ocsp $files -reqin question -respout answer >/dev/null") == 0 or die 'no OCSP answer';
    return page('application/ocsp-response', do { local (@ARGV, $/) = "$folder/answer"; <> });
}

sub ipp_text { return pack 'Cn/an/a', @_ }
my $ipp = pack('CCnN C', 2, 0, 0, 1, 1) . ipp_text(0x47, 'attributes-charset', 'utf-8')
  . ipp_text(0x48, 'attributes-natural-language', 'en') . "\3";

my $listener = backend();
my $websockify = free_port();
my %port = (
    echo       => program($python, "$backends/echo.py"),
    hijack     => program('node', "$backends/hijack.js"),
    ipp        => answering(page('application/ipp', $ipp)),
    ocsp       => answering(ocsp_answer()),
    own        => $listener->sockport,
    page       => answering(page('text/html', 'another application')),
    socketio   => program('node', "$backends/socketio.js"),
    tornado    => program($python, "$backends/tornado_echo.py"),
    websockify => run_program($websockify, 'websockify', "127.0.0.1:$websockify", '127.0.0.1:9'),
);

# ---- ways to look: each gets a host { port, secure, log, run, name }, and returns what is seen there

sub output_of {
    my (@command) = @_;
    open my $pipe, '-|', @command or die "@command: $!";
    return do { local $/; readline($pipe) } // '';
}

# What the entry says to run, where its files are. www.example.com is the host, over TLS the proxy in front
sub run_it {
    my ($host) = @_;
    my $run = $host->{run} =~ s{www\.example\.com -p 80}{127.0.0.1 -p $host->{port}}r;
    $run =~ s{(http|ipp)://www\.example\.com}{$1://127.0.0.1:$host->{port}};
    $run =~ s{^curl }{curl -k --connect-to ::127.0.0.1:$host->{front} } if $host->{front};
    return output_of('sh', '-c', "cd $folder && { $run } 2>&1");
}

# Of its log what is not about its start
sub log_of { my ($host) = @_; return join '', grep { !/ssl:/ } split /^/, $server->file($host->{log}) }
sub run_and_log { my ($host) = @_; return run_it($host) . log_of($host) }

# A handshake: its status, and what is said of it
sub shake {
    my ($host, $path, @lines) = @_;
    unshift @lines, 'Host: localhost' unless grep { /^Host/ } @lines;
    my $answer = ask($host->{port}, join "\r\n", "GET $path HTTP/1.1", handshake(), @lines, '', '');
    return join "\n", @$answer{qw(status phrase body)}, log_of($host);
}
sub asks_page { my ($host) = @_; return get($host->{port}, '/app/page')->{status} . log_of($host) }
sub opens_socketio {
    my ($host) = @_;
    my $seen = shake($host, '/app/socket.io/?EIO=4&transport=websocket');
    like $seen, qr/^101/, 'a WebSocket of socket.io';
    return $seen;
}
sub shaking { my @arguments = @_; return sub { shake($_[0], @arguments) } }

sub socketio {
    my (@arguments) = @_;
    my @command = ('node', "$clients/node/socketio.js");
    return sub { output_of(@command, "http://127.0.0.1:$_[0]{port}", @arguments) };
}

# What another protocol's client makes of the answer to its offer
sub offer {
    my ($line, $protocol, $complains) = @_;
    return sub {
        my ($host) = @_;
        my @lines = ('Host: localhost', "Upgrade: $protocol", 'Connection: Upgrade', 'Content-Length: 0');
        my $answer = ask($host->{port}, join "\r\n", "$line HTTP/1.1", @lines, '', '');
        return $answer->{status} == 101 ? '101' : $complains->($answer);
    };
}

sub said_by_docker { my ($answer) = @_; return "unable to upgrade to tcp, received $answer->{status}" }

sub haproxy_says {
    my ($host) = @_;
    my $front = haproxy($host->{port}, backend => 'option httpchk GET /health',
        server => 'check inter 50 fall 1 rise 1');
    my $said;
    eventually(sub {
        $said = do { local (@ARGV, $/) = Front::folder() . "/log$front"; <> } // '';
        return $said =~ /DOWN/ || $server->file("$host->{log}.access") =~ m{^GET /health HTTP/1\.0 200}m;
    });
    return $said . run_it($host);
}

sub grpc {
    my ($way) = @_;
    return sub {
        my ($host) = @_;
        my @to = $way eq 'secure' ? ("localhost:$host->{secure}", '/shop.Orders/List', "$conf/server.crt")
          : ("127.0.0.1:$host->{port}", '/shop.Orders/List');
        return output_of($python, "$clients/grpc_call.py", @to);
    };
}

# Over TLS in HTTP/1.1: a handshake, and a page
sub over_tls {
    my ($host) = @_;
    return join ' ', map {
        my $request = join "\r\n", "GET $_->[0] HTTP/1.1", 'Host: localhost', @{$_}[1 .. $#$_], '', '';
        ask($host->{secure}, $request, tls => { SSL_hostname => 'localhost' })->{status}
    } ['/chat', handshake()], ['/health'];
}

# A tunnel on which nothing happens: opened before the others are looked at, which takes as long as it lives
sub idles {
    my ($host, $lines) = @_;
    my $port = $lines ? nginx($host->{port}, lines => $lines) : $host->{port};
    $host->{tunnel} = [open_tunnel($server, $listener, path => '/chat', port => $port)];
    return;
}

# How it ends, and what the log says of it
sub waits {
    my ($host) = @_;
    my ($client, $backend) = @{ $host->{tunnel} };
    my $how = ended($client) ? 'it ends' : 'something comes';
    close $_ for $client, $backend;
    eventually(sub { log_of($host) =~ /UR0030/ });
    return "$how\n" . log_of($host);
}

sub opens {
    my ($host) = @_;
    my ($client, $backend) = open_tunnel($server, $listener, path => '/chat', port => $host->{port});
    close $_ for $client, $backend;
    return log_of($host);
}

# Whether the first that comes on an idle tunnel is a Ping, and its Pong counts
sub is_pinged {
    my ($host) = @_;
    my ($client, $backend) = open_tunnel($server, $listener, path => '/chat', port => $host->{front});
    my ($type, $length) = unpack 'CC', receive($client, 2);
    syswrite $client, "\x8a" . chr(0x80 | $length) . "\0\0\0\0" . receive($client, $length);
    my $status = "http://127.0.0.1:$server->{port}/status?format=prometheus";
    my $answered = qr/^upgrade_required_tunnel_pings_total\{result="answered"\} [1-9]/m;
    my $counted = eventually(sub { output_of('curl', '-s', $status) =~ $answered });
    close $_ for $client, $backend;
    return $type == 0x89 && $counted ? 'a Ping, answered' : 'something else';
}

sub node_echo {
    my ($host) = @_;
    return output_of("node $clients/node/echo.js ws://127.0.0.1:$host->{front}/chat hello 2>&1");
}

# Behind nginx, with these lines
sub behind {
    my ($look, $lines, %option) = @_;
    return sub {
        my ($host) = @_;
        return $look->({ %$host, front => nginx($host->{port}, lines => $lines, %option) });
    };
}
my $upgrading = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;'
  . ' proxy_set_header Connection "upgrade";';

# What the one browser saw there, see below
my %browser;
sub browser { my ($host) = @_; return ($browser{ $host->{name} } // 'nothing') . log_of($host) }

# What else is looked at: it is seen, too
sub shows { my ($seen, $pattern, $what) = @_; like $seen, $pattern, $what; return $seen }
sub gets { my ($status, $answer, $what) = @_; return shows($answer->{status}, qr/^$status$/, $what) }

# ---- the table
#
# heading => { look: how to look; cured: how, with the cure, where that is another way
#   wrong: the mistake; with: lines around either; behind: lines after them; backend: what 8080 stands for
#   shows: the symptom, where it is not what the heading quotes; then: what is seen with the cure
#   before: on the wrong host, before any is looked at; also: afterwards, on the cured host and the wrong one
#   fetch: for the browser, what a page does, with HOST and SECURE; lacks: see Lacks.pm }

my $health = "Alias /health $FindBin::Bin/htdocs/endpoint";
my $pass = 'ProxyPass /chat http://127.0.0.1:8080/chat';
my $kept = "$pass\nUpgradeKeep WebSocket";
my $debug = 'LogLevel upgrade_wstunnel:debug';
my $page = free_port();
my $origin = "http://localhost:$page";
my $rule = 'SecRule REQUEST_HEADERS:Upgrade "@rx ." "id:920100,phase:1,deny,status:403"';

sub at { my ($path, @lines) = @_; return join "\n", '', "<Location $path>", @lines, '</Location>' }

my %case = (
    'A tool shows nothing but 426 Upgrade Required' => {
        look => \&run_it, wrong => at('/api', 'UpgradeRequire TLS/1.2'),
        then => qr{^HTTP/1\.1 426 TLS 1\.2 or newer required\r$}m,
    },
    'HAProxy: Layer7 wrong status, code: 426' => {
        look => \&haproxy_says, wrong => 'UpgradeFloor HTTP/1.1', with => $health,
        then => qr{^HTTP/1\.1 200 }m,
        also => sub { gets(426, ask($_[0]{port}, "GET / HTTP/1.0\r\n\r\n"), 'HAProxy: other paths') },
    },
    'Nagios or Icinga: HTTP WARNING: HTTP/1.1 426 Upgrade Required' => {
        look => \&run_it, wrong => 'UpgradeFloor TLS', with => $health, then => qr{^HTTP OK: HTTP/1\.1 200 },
    },
    'A certificate is not renewed: the challenge gets 426' => {
        look => \&run_it, wrong => 'UpgradeRequire TLS', then => qr{^HTTP/1\.1 404 },
        also => sub { gets(426, get($_[0]{port}, '/'), 'certificates: other paths') },
    },
    'openssl: Error querying OCSP responder' => {
        look => \&run_it, wrong => 'UpgradeFloor TLS',
        with => "ProxyPass /ocsp http://127.0.0.1:$port{ocsp}/",
        then => qr/^server\.pem: /m,
    },
    'CUPS: No request sent.' => {
        look => \&run_it, wrong => at('/printers', 'UpgradeRequire TLS'),
        with => "ProxyPass /printers http://127.0.0.1:$port{ipp}/", then => qr/status-code = successful-ok/,
        also => sub { shows(secure_queue($_[1]), qr/status-code = successful-ok/, 'CUPS: ipps://') },
    },
    'gRPC: FAILED_PRECONDITION TLS 1.2 or newer required' => {
        look => grpc('clear'), cured => grpc('secure'), then => qr/^UNIMPLEMENTED /, lacks => 'h2-head-only',
        wrong => "Protocols h2c http/1.1\n" . at('/shop.Orders/', 'UpgradeRequire TLS/1.2 HTTP/2'),
    },
    q{Browser: No 'Access-Control-Allow-Origin' header is present} => {
        look => \&browser, then => qr/^426 TLS/,
        wrong => qq(Header set Access-Control-Allow-Origin "$origin") . at('/api', 'UpgradeRequire TLS/1.3'),
        fetch => q{(await fetch('http://HOST/api').then((r) => `${r.status} ${r.headers.get('Upgrade')}`))},
        also => sub { shows(run_it($_[0]), qr{^HTTP/1\.1 426 .*^Access-Control-Allow-Origin}ms, 'CORS') },
    },
    q{Browser: Response to preflight request doesn't pass access control check} => {
        look => \&browser, then => qr/^426/,
        wrong => qq(Header always set Access-Control-Allow-Origin "$origin")
          . at('/api', 'UpgradeRequire TLS/1.3'),
        fetch => q{(await fetch('http://HOST/api', { method: 'POST', body: '{}', headers: {
            'Content-Type': 'application/json' } }).then((r) => `${r.status}`))},
        also => sub { shows(run_it($_[0]), qr{^HTTP/1\.1 200 }, 'preflight: curl') },
    },
    'ERR_TOO_MANY_REDIRECTS, or curl: Maximum (50) redirects followed' => {
        look => behind(\&run_it, 'proxy_set_header X-Forwarded-Proto $scheme;', secure => 1), with => $health,
        wrong => "UpgradeFloor TLS\nUpgradeRedirect permanent",
        shows => qr/Maximum \(50\) redirects followed/, then => qr/^200$/,
    },
    'Error log: not understood: scheme=unknown' => {
        look => \&run_and_log, with => $health, then => qr{^HTTP/1\.1 200 },
        wrong => "UpgradeTrustedProxy 127.0.0.1 scheme=CF-Visitor\nUpgradeFloor TLS",
    },
    'Error log: Access denied with code 403 (phase 1)' => {
        look => shaking('/chat'), wrong => 'SecRuleEngine On', with => $kept, behind => $rule,
        backend => 'echo', then => qr/^101$/m, lacks => 'mod_security2',
    },
    'socket.io works, but stays with polling' => {
        look => socketio('polling,websocket', 'settles'), backend => 'socketio',
        wrong => 'ProxyPass /app/ http://127.0.0.1:8080/app/',
        shows => qr/^heard hello by polling$/, then => qr/^heard hello by websocket$/,
        also => \&opens_socketio,
    },
    'socket.io: xhr poll error' => {
        look => socketio('polling,websocket', 'settles'), backend => 'socketio',
        wrong => 'ProxyPass /app/ http://127.0.0.1:8080/app/' . at('/app/', 'UpgradeRequire WebSocket'),
        then => qr/^heard hello by websocket$/,
        also => sub { gets(426, get($_[1]{port}, '/app/'), 'polling') },
    },
    'Jupyter, Tornado: Cross origin websockets not allowed' => {
        look => shaking('/jupyter/api', 'Origin: http://localhost'), backend => 'tornado', then => qr/^101$/m,
        wrong => "ProxyPass /jupyter/ http://127.0.0.1:8080/jupyter/\nUpgradeKeep WebSocket",
    },
    'noVNC: Connection closed (code: 1006)' => {
        look => \&browser, backend => 'websockify', wrong => 'ProxyPass /vnc/ http://127.0.0.1:8080/',
        then => qr/^open/, fetch => q{(await opens('ws://HOST/websockify', 'binary'))},
        also => sub { shows(shake($_[0], '/websockify'), qr/^101/, 'noVNC') },
    },
    'docker: unable to upgrade to tcp, received 200' => {
        look => offer('POST /docker/exec/1/start', 'tcp', \&said_by_docker),
        wrong => 'ProxyPass /docker http://127.0.0.1:8080/docker' . at('/docker', 'UpgradeKeep WebSocket'),
        backend => 'hijack', then => qr/^101$/,
    },
    'kubectl: unable to upgrade: missing upgrade headers' => {
        look => offer('POST /k8s/exec', 'SPDY/3.1', sub { $_[0]{phrase} }), backend => 'hijack',
        wrong => 'ProxyPass /k8s http://127.0.0.1:8080/k8s' . at('/k8s', 'UpgradeKeep WebSocket'),
        then => qr/^101$/,
        also => sub { shows(shake($_[0], '/k8s/exec'), qr/^101/, 'kubectl: a WebSocket') },
    },
    'A RewriteRule to ws://, and the handshake gets 404' => {
        look => shaking('/chat'), backend => 'tornado', shows => qr/^404/, then => qr/^101/,
        wrong => "RewriteEngine on\nRewriteCond %{HTTP:Upgrade} websocket [NC]\n"
          . 'RewriteRule ^(.*) ws://127.0.0.1:8080/$1 [P]',
    },
    'The WebSocket reaches the wrong application' => {
        look => shaking('/chat'), backend => 'echo', shows => qr/^200\n.*another application/s,
        then => qr/^101$/m,
        wrong => "ProxyPass / http://127.0.0.1:8090/\n$pass\nUpgradeKeep WebSocket",
    },
    'Error log: same is nothing, because Host is neither ServerName' => {
        look => shaking('/chat', 'Host: chat.example.com', 'Origin: http://chat.example.com'),
        wrong => "ServerName www.example.com\n$pass"
          . at('/chat', 'UpgradeRequire WebSocket', 'UpgradeWebSocketOrigin same'),
        backend => 'echo', then => qr/^101$/m,
    },
    'Idle WebSockets end after 60 seconds' => {
        before => \&idles, look => \&waits, cured => \&opens, backend => 'own',
        wrong => "$kept\n$debug", with => 'Timeout 1',
        shows => qr/^it ends\n.*tunnel ended: timeout/s, then => qr/UR0029: .*idle timeout 3600 /,
    },
    'Idle WebSockets end although the timeout here is longer' => {
        before => sub { idles($_[0], "$upgrading proxy_read_timeout 1s;") }, look => \&waits,
        cured => behind(\&is_pinged, $upgrading), wrong => "$kept\n$debug", backend => 'own',
        shows => qr/^it ends\n.*tunnel ended: client/s, then => qr/^a Ping, answered$/,
    },
    'The page is fine, and its WebSocket gets 426' => {
        look => \&over_tls, wrong => "Protocols h2 http/1.1\nUpgradeRequire HTTP/2\n$pass\n", with => $health,
        backend => 'echo', shows => qr/^426 /, then => qr/^101 426$/,
    },
    'Error log: the client uses HTTP/2, and a stream cannot be taken away' => {
        look => \&browser, backend => 'echo', then => qr/UR0029: .*event/, lacks => 'h2-websockets',
        wrong => "Protocols h2 http/1.1\nH2WebSockets on\n$kept\nUpgradeTunnel event\n$debug",
        fetch => q{(await fetch('https://SECURE/health', { mode: 'no-cors', credentials: 'include' }),
            await opens('wss://SECURE/chat'))},
    },
    'Invalid WebSocket frame: RSV1 must be clear' => {
        look => behind(\&node_echo, "$upgrading proxy_hide_header Sec-WebSocket-Extensions;"),
        backend => 'echo', wrong => $kept, then => qr/^hello$/m,
        also => \&extensions,
    },
    'Pages and images get 426 as soon as WebSockets are set up' => {
        look => \&asks_page, backend => 'socketio', also => \&opens_socketio,
        wrong => "ProxyPass /app/ http://127.0.0.1:8080/app/\nUpgradeKeep WebSocket\n"
          . "RequestHeader set Upgrade websocket\nRequestHeader set Connection Upgrade",
        then => qr/^200/, shows => qr/^426.*reason websocket-version/s,
    },
);

sub extensions {
    my ($host) = @_;
    my $offer = 'Sec-WebSocket-Extensions: permessage-deflate';
    my $answer = get($host->{port}, '/chat', handshake(), $offer);
    is_deeply [fields($answer, 'Sec-WebSocket-Extensions')], [], 'compression: none in the 101';
    return $answer->{status};
}

# With the address that the entry gives the queue, whatever is excepted
sub secure_queue {
    my ($host) = @_;
    my $to = "ipps://127.0.0.1:$host->{secure}";
    return run_it({ %$host, run => $host->{run} =~ s{ipp://www\.example\.com}{$to}r });
}

is_deeply [sort keys %case], [sort keys %entry], 'each entry has a case';
cmp_ok scalar keys %entry, '>=', 20, 'there are entries';
my ($list) = $book =~ /\A(.*?)^## /ms;
is scalar(() = $list =~ /\]\(#/g), scalar keys %entry, 'and the list has each';

# ---- one server: a host for each mistake, and one for each cure

# What the book calls by example names
sub real {
    my ($text, $backend) = @_;
    my $number = $port{ $backend // 'page' };
    return $text =~ s/127\.0\.0\.1:8080/127.0.0.1:$number/gr =~ s/127\.0\.0\.1:8090/127.0.0.1:$port{page}/gr
      =~ s{192\.0\.2\.0/24}{127.0.0.0/8}gr =~ s/192\.0\.2\.\d+/127.0.0.1/gr =~ s/TunnelPing 25/TunnelPing 1/gr
      =~ s{https://app\.example\.com}{$origin}gr;
}

my @hosts = host($page, $health, 'SetEnvIf Request_URI . page');

sub host_of {
    my ($name, $case, $lines) = @_;
    my %host = (name => $name, port => free_port(), secure => free_port(), log => 'log' . @hosts,
        run => $entry{ $name =~ s/, (?:cured|wrong)$//r }{run});
    my @lines = ("ErrorLog $host{log}", qq(CustomLog $host{log}.access "%r %>s"),
        real(join("\n", $case->{with} // '', $lines, $case->{behind} // ''), $case->{backend}));
    push @hosts, host($host{port}, @lines), tls_host($host{secure}, @lines);
    return \%host;
}

# What a case needs, and may be lacking here
sub needed { my ($case) = @_; return ($case->{lacks} // (), $case->{fetch} ? 'chromium' : ()) }

my @tried;
for my $name (grep { $entry{$_} } sort keys %case) {
    my ($lacking) = grep { lacks($_) } needed($case{$name});
    SKIP: {
        skip_as($lacking, 1) if $lacking;
        push @tried, $name if $has_security || ($case{$name}{lacks} // '') ne 'mod_security2';
    }
}
for my $name (@tried) {
    my $case = $case{$name};
    $case->{hosts} = [host_of("$name, wrong", $case, $case->{wrong}),
        host_of("$name, cured", $case, $entry{$name}{cure})];
}
$server->configure(join "\n", @hosts, "<Location /status>\nSetHandler upgrade-status\n</Location>")->start;

for my $name (grep { $case{$_}{before} } @tried) {
    $case{$name}{before}->($case{$name}{hosts}[0]);
}

# ---- one browser for all that it is for: what a page saw, or what the console says of it

if (my @fetching = grep { $case{$_}{fetch} } @tried) {
    my @hosts = map { @{ $case{$_}{hosts} } } @fetching;
    my $steps = join ', ', map {
        my $fetch = $case{ $_->{name} =~ s/, \w+$//r }{fetch};
        'async () => ' . $fetch =~ s/HOST/127.0.0.1:$_->{port}/gr =~ s/SECURE/127.0.0.1:$_->{secure}/gr;
    } @hosts;
    my $opens = 'const opens = (...of) => new Promise((done) => { const socket = new WebSocket(...of);'
      . ' socket.onopen = () => done("open"); socket.onclose = (event) => done(`Connection closed (code: '
      . '${event.code})`); });';
    my $expression = "(async () => { $opens const seen = []; for (const step of [$steps])"
      . ' seen.push(await step().catch((error) => String(error))); return seen; })()';
    my @words = grep { !/1006|HTTP\/2/ } map { @{ $entry{$_}{words} } } @fetching;
    my @command = ('node', "$clients/node/browser.js", "$origin/health", $expression, 'console', @words);
    my $said = output_of(@command);
    my $decoded = eval { JSON::PP->new->decode($said) } // [[]];
    my ($seen, @console) = @$decoded;
    is scalar @$seen, scalar @hosts, 'the browser sees all' or diag $said;
    for my $host (@hosts) {
        my $shown = shift @$seen // 'nothing';
        $browser{ $host->{name} } = join "\n", $shown, grep { /127\.0\.0\.1:$host->{port}\b/ } @console;
    }
}

# ---- each entry

for my $name (@tried) {
    my ($case, $entry) = ($case{$name}, $entry{$name});
    my ($wrong, $cured) = @{ $case->{hosts} };
    my @shows = $case->{shows} // map { qr/\Q$_\E/ } @{ $entry->{words} };
    cmp_ok scalar @shows, '>', 0, "$name: a symptom";
    my $before = $case->{look}->($wrong);
    like $before, $_, "$name: the symptom" for @shows;
    my $after = ($case->{cured} // $case->{look})->($cured);
    like $after, $case->{then}, "$name: the cure";
    unlike $after, $_, "$name: the symptom is gone" for @shows;
    my @also = $case->{also} ? $case->{also}->($cured, $wrong) : ();
    my %seen = map { $_ => 1 } "$before $after @also" =~ /\b(\d{3})\b/g;
    fail "$name names $_, and nothing gets that" for grep { !$seen{$_} } @{ $entry->{statuses} };
    diag "$name " . (time - $^T) if $ENV{TIMES};
}

$server->stop;
done_testing;
