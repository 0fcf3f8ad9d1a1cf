# The page for developers whose client was refused: each reason has a section, and what it says to run is
# run here, by the clients themselves. The path of a request in it is the reason that it is about: without the
# remedy the same client is refused there for just that.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use FindBin;
use IPC::Open2;
use lib "$FindBin::Bin/lib";
use Lacks;
use Lines;
use Ports;
use Server;
use Wire;

my $conf = Apache::Test::vars('t_conf');
my $logs = Apache::Test::vars('t_logs');
my $top = $ENV{UPGRADE_TEST_TOP};
my $page = do { local (@ARGV, $/) = "$top/mod_upgrade_required/refused.md"; <> };

# ---- the server: a route for each reason, at the path of its name

# It ends when its standard input does.
my $pid = open2(my $out, my $in, '/usr/bin/python3', "$FindBin::Bin/backend/echo.py", 'chat.v2');
chomp(my $echo = <$out>);
my $secure = free_port();
my $server = Server->new(helper => 1, modules => [qw(authz_core alias dir proxy proxy_http ssl
    socache_shmcb http2)])->configure(<<"END")->start;
Protocols h2 http/1.1
ProxyPass / http://127.0.0.1:$echo/
<Location /tls-missing>
    ProxyPass !
    UpgradeRequire TLS
</Location>
<Location /tls-version>
    ProxyPass !
    UpgradeRequire TLS/1.3
</Location>
<Location /key-exchange>
    ProxyPass !
    UpgradeRequire ForwardSecrecy
</Location>
<Location /http-version>
    ProxyPass !
    UpgradeRequire HTTP/2
</Location>
<LocationMatch "^/(websocket|tunnel)-">
    UpgradeRequire WebSocket
</LocationMatch>
<Location /websocket-origin>
    UpgradeWebSocketOrigin https://www.example.com
</Location>
<Location /websocket-subprotocol>
    UpgradeWebSocketProtocol chat.v2
</Location>
AliasMatch "^/(tls-|key-|http-).*" $top/README.md
<Directory $top>
    Require all granted
</Directory>
@{[ tls_host($secure) ]}
END

# ---- what the page says to run

# { reason, language, code }, in order; the reason is the heading.
sub blocks_of {
    my ($text) = @_;
    my ($reason, @blocks) = ('');
    while ($text =~ /^## ([^\n]+)$|^```(\w+)\n(.*?)^```$/gms) {
        if (defined $1) { $reason = $1 }
        else { push @blocks, { reason => $reason, language => $2, code => $3 } }
    }
    return @blocks;
}

# How a block is run: the name of its file, and the command that gets it.
my %ways = (
    sh => ['example.sh', 'sh'],
    python => ['example.py', '/usr/bin/python3'],
    js => ['example.mjs', 'node'],
    php => ['example.php', 'php', '-d', "curl.cainfo=$conf/server.crt"],
    java => ['Example.java', 'java'],
    go => ['example.go', 'go', 'run'],
);

# Every one of these libraries has a way of its own to be told of a certificate.
local $ENV{CURL_CA_BUNDLE} = local $ENV{SSL_CERT_FILE} = local $ENV{REQUESTS_CA_BUNDLE} =
  local $ENV{NODE_EXTRA_CA_CERTS} = "$conf/server.crt";
system('keytool', '-importcert', '-noprompt', '-storepass', 'changeit', '-alias', 'server', '-file',
    "$conf/server.crt", '-keystore', "$server->{folder}/trusted") == 0 or die 'keytool';
local $ENV{JAVA_TOOL_OPTIONS} = "-Djavax.net.ssl.trustStore=$server->{folder}/trusted "
  . '-Djavax.net.ssl.trustStorePassword=changeit -XX:TieredStopAtLevel=1';
# Its libraries are Debian's, not modules that it would fetch.
local $ENV{GO111MODULE} = 'off';
local $ENV{GOPATH} = '/usr/share/gocode';
my $cache = File::Temp->newdir('upgrade-go.XXXXXX', TMPDIR => 1);
local $ENV{GOCACHE} = $cache->dirname;
local $ENV{NODE_PATH} = "$top/build/out/node/node_modules";

sub begin {
    my ($number, $block) = @_;
    my ($name, @command) = @{ $ways{ $block->{language} } };
    $name =~ s/mjs/js/ if $block->{code} =~ /\brequire\(/;
    my $folder = "$server->{folder}/example$number";
    mkdir $folder or die $!;
    open my $file, '>', "$folder/$name" or die $!;
    print $file $block->{code} =~ s/api\.example\.com/localhost:$secure/gr;
    close $file or die $!;
    open my $pipe, '-|', "exec @command $folder/$name 2>&1" or die $!;
    return $pipe;
}

my @blocks = blocks_of($page);
my @told = grep { $_->{reason} =~ /^Look/ } @blocks;
my @cures = grep { $_->{reason} !~ /^Look/ && $_->{language} ne 'browser' } @blocks;
cmp_ok @told, '>', 3, 'there are clients that look';
cmp_ok @cures, '>', 3, 'there are cures';

# At most so many at a time: each is a program of its own.
my $number = 0;
while (my @some = splice @{ [@told, @cures] }, $number, 4) {
    my @pipes = map { begin($number++, $_) } @some;
    for my $block (@some) {
        my $output = do { local $/; readline(shift @pipes) } // '';
        my ($path) = $block->{code} =~ m{example\.com/([\w-]+)|':path': '/([\w-]+)'};
        my $what = "$block->{reason}, in $block->{language}";
        my $want = $block->{reason} =~ /^Look/ ? qr/\b(?:426|403)\b.*\Q$path\E/s : qr/^(?:200|101|open)$/m;
      SKIP: {
            skip_without('node-18', 1) if $block->{language} eq 'js' && $block->{code} =~ /\bfetch\(/;
            like $output, $want, $what or diag $block->{code};
        }
    }
}

# A page in a browser
for my $block (grep { $_->{language} eq 'browser' } @blocks) {
    my $code = $block->{code} =~ s/api\.example\.com/localhost:$secure/r =~ s/;\s*$//r;
    my $opens = "new Promise((done) => { const socket = $code;
        socket.onopen = () => done('open'); socket.onclose = () => done('no'); })";
    open my $pipe, '-|', 'node', "$FindBin::Bin/clients/node/browser.js",
      "https://localhost:$secure/tls-missing", $opens or die $!;
    is readline($pipe), qq("open"\n), "$block->{reason}, in a browser";
}

# ---- without the cure the reason is the one of the path, and each reason has its section

my @cipher = (SSL_version => 'TLSv1_2', SSL_cipher_list => 'AES128-GCM-SHA256');
my @origin = (handshake(), 'Origin: https://elsewhere.example');
# [reason, request line, headers, the port, TLS]
my @refused = (
    ['tls-missing', 'GET', [], 'clear'],
    ['tls-version', 'GET', [], SSL_version => 'TLSv1_2'],
    ['key-exchange', 'GET', [], @cipher],
    ['http-version', 'GET', [], SSL_version => 'TLSv1_3'],
    ['websocket-missing', 'GET', [], 'clear'],
    ['websocket-stripped', 'GET', [grep { !/^Upgrade/ } handshake()], 'clear'],
    ['websocket-origin', 'GET', \@origin, 'clear'],
    ['websocket-subprotocol', 'GET', [handshake()], 'clear'],
);

for my $case (@refused) {
    my ($reason, $method, $headers, @tls) = @$case;
    my $port = $tls[0] eq 'clear' ? $server->{port} : $secure;
    my $answer = ask($port, join("\r\n", "$method /$reason HTTP/1.1", 'Host: localhost', @$headers, '', ''),
        $tls[0] eq 'clear' ? () : (tls => {@tls}));
    is json_of($answer)->{reason}, $reason, "$reason: without it" or diag $answer->{raw};
}

my %sections = map { $_ => 1 } $page =~ /^## ([a-z-]+)$/gm;
my ($table) = $page =~ /^\| reason \| in short \|\n(.*?)\n\n/ms;
my %rows = map { $_ => 1 } $table =~ /^\| \[([a-z-]+)\]\(#\1\)/gm;
is_deeply [sort keys %rows], [sort keys %sections], 'the table has each section';
my $reasons = do { local (@ARGV, $/) = "$top/mod_upgrade_required/core/policy/reasons.def"; <> };
my %known = map { $_ => 1 } grep { $_ ne 'none' } $reasons =~ /^UR_REASON_ROW\(\w+, \d+, "([a-z-]+)"/gm;
is_deeply [sort keys %sections], [sort keys %known], 'each reason has its section';

$server->stop;
close $in;
waitpid $pid, 0;
done_testing;
