# Real clients that offer a protocol: curl and Java offer h2c with every request in clear, CUPS
# asks for TLS in place once it has been told 426, and httpd itself answers that with "200".
use strict;
use warnings;
use Test::More;
use FindBin;
use POSIX qw(WNOHANG);
use lib "$FindBin::Bin/lib";
use Server;
use Wait;
use Wire;

use constant MANY => 20;

my $conf = "$FindBin::Bin/conf";
my $tls = "SSLEngine on\nSSLCertificateFile $conf/server.crt\nSSLCertificateKeyFile $conf/server.key";

# Configured so that it notes what it is asked and by whom that is answered.
sub seen_by {
    my ($server, $text) = @_;
    my $format = '%r|%>s|%X|%{UPGRADE_REASON}e|%{UPGRADE_POLICY}e';
    return $server->configure(qq{CustomLog $server->{folder}/seen "$format"\nKeepAlive On\n$text});
}

sub server {
    my ($text, @modules) = @_;
    return seen_by(Server->new(modules => [qw(authz_core alias dir), @modules]), $text)->start;
}

# What the server has been asked so far, but for the start's own request.
sub seen {
    my ($server) = @_;
    open my $file, '<', "$server->{folder}/seen" or return;
    return grep { !m{^GET / HTTP/1.0} } map { chomp; $_ } <$file>;
}

# A line is written when the answer has been sent: the first so many, once they are there.
sub seen_all {
    my ($server, $count) = @_;
    eventually(sub { return seen($server) >= $count });
    return seen($server);
}

# Ends by itself, or asks so often that it never will.
sub run_ipptool {
    my ($server) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>', "$server->{folder}/ipptool";
        open STDERR, '>&', \*STDOUT;
        exec 'ipptool', '-tv', "ipp://127.0.0.1:$server->{port}/printers/x", 'get-printer-attributes.test'
          or POSIX::_exit(127);
    }
    my $ended;
    eventually(sub { return ($ended = waitpid($pid, WNOHANG) == $pid) || seen($server) >= MANY });
    return $? >> 8 if $ended;
    kill KILL => $pid;
    waitpid $pid, 0;
    return 'no end';
}

sub section {
    my ($where, @lines) = @_;
    my ($kind) = $where =~ /^(\S+)/;
    return join "\n", "<$where>", @lines, "</$kind>";
}

sub printers { my (@lines) = @_; return section('Location "/printers"', @lines) }

my $announce = 'UpgradeMode announce';

# [name, configuration, policy that answers OPTIONS *]
my @demands = (
    ['a section',             printers('UpgradeRequire TLS'), '/printers'],
    ['the newest TLS',        printers('UpgradeRequire TLS/1.3'), '/printers'],
    ['with other demands',    printers('UpgradeRequire TLS HTTP/1.1 WebSocket'), '/printers'],
    ['a floor',               'UpgradeFloor TLS/1.2', 'floor'],
    ['the server as a whole', 'UpgradeRequire TLS', 'server'],
    ['an expression',         section('If "%{REQUEST_URI} =~ m#^/p#"', 'UpgradeRequire TLS'), qr/^<If> /],
    ['a section in another',
        printers(section('If "true"', 'UpgradeRequire TLS', 'UpgradeName inner')), 'inner'],
    ['a redirect',            printers('UpgradeRequire TLS', 'UpgradeRedirect permanent'), '/printers'],
    ['OPTIONS excepted',
        printers('UpgradeRequire TLS', q{UpgradeExcept "%{REQUEST_METHOD} == 'OPTIONS'"}), '/printers'],
    ['behind one that announces',
        section('Location "/a"', 'UpgradeRequire TLS', $announce) . "\n" . printers('UpgradeRequire TLS'),
        '/printers'],
    ['one that announces around it',
        "UpgradeRequire TLS\n$announce\n" . printers('UpgradeMode enforce', 'UpgradeName in'), 'in'],
    ['a floor that announces',
        "UpgradeFloor TLS\n$announce\n" . printers('UpgradeRequire TLS', 'UpgradeMode enforce'), '/printers'],
    ['a rehearsal',
        printers('UpgradeRequire TLS', $announce, 'UpgradeBrownout 2020-01-01T00:00:00Z/P36500D'),
        '/printers'],
);

for my $case (@demands) {
    my ($name, $text, $policy) = @$case;
    my $server = server($text);
    is run_ipptool($server), 1, "ipptool, $name: ends by itself";
    # Which of the two is written first is up to the threads; a client may try again.
    my @asked = seen_all($server, 2);
    cmp_ok scalar @asked, '<', MANY, "ipptool, $name: after few requests";
    my ($posted) = grep { /^POST / } @asked;
    like $posted, qr{^POST /printers/x HTTP/1.1[|]426[|]}, "ipptool, $name: was refused";
    my @offered = grep { /^OPTIONS / } @asked;
    my ($line, $answered) = ($offered[0] // '') =~ /^(.*)[|](.*)/;
    is $line, 'OPTIONS * HTTP/1.1|426|-|tls-missing',
      "ipptool, $name: asked for TLS, was refused, and the connection closed";
    like $answered, ref $policy ? $policy : qr/^\Q$policy\E$/, "ipptool, $name: by this policy";
}

# Sections of the main server hold in a virtual host that says nothing of its own.
sub virtual {
    my ($server, $name, @lines) = @_;
    return section("VirtualHost 127.0.0.1:$server->{port}", "ServerName $name.test", @lines) . "\n";
}

{
    my $server = Server->new;
    seen_by($server, virtual($server, 'silent') . printers('UpgradeRequire TLS'))->start;
    is run_ipptool($server), 1, 'ipptool, a virtual host: ends by itself';
    cmp_ok scalar(my @asked = seen_all($server, 2)), '<', MANY, 'ipptool, a virtual host: after few requests';
}
{
    my $server = Server->new;
    my $strict = virtual($server, 'strict', printers('UpgradeRequire TLS'));
    seen_by($server, $strict . virtual($server, 'free'))->start;
    my @ask = ('OPTIONS * HTTP/1.1', 'Upgrade: TLS/1.2', 'Connection: Upgrade, close');
    is $server->ask(@ask, 'Host: strict.test')->{status}, 426, 'one virtual host demands TLS';
    is $server->ask(@ask, 'Host: free.test')->{status}, 200, 'and the other does not';
}

# Nothing but that is refused.
my @requests = (
    ['OPTIONS *', ['Upgrade: TLS/1.2,TLS/1.1,TLS/1.0', 'Connection: Upgrade'], 426],
    ['OPTIONS *', ['Upgrade: TLS/1.0', 'Connection: Upgrade'], 426],
    ['OPTIONS *', ['Upgrade: tls', 'Connection: Upgrade'], 426],
    ['OPTIONS *', ['Upgrade: h2c, TLS/1.3', 'Connection: Upgrade'], 426],
    ['OPTIONS *', ['Upgrade: h2c', 'Upgrade: TLS/1.3'], 426],
    ['OPTIONS *', [], 200],
    ['OPTIONS *', ['Upgrade: h2c', 'Connection: Upgrade'], 200],
    ['OPTIONS *', ['Upgrade: TLSv1.2', 'Connection: Upgrade'], 200],
    ['OPTIONS *', [handshake], 200],
    ['OPTIONS /', ['Upgrade: TLS/1.2', 'Connection: Upgrade'], 200],
    ['GET /plain', ['Upgrade: TLS/1.2', 'Connection: Upgrade'], 200],
);
my $plain = "Alias /plain $FindBin::Bin/htdocs/endpoint\n"
  . section("Directory $FindBin::Bin/htdocs", 'Require all granted') . "\n";
for my $case (
    ['enforced',       printers('UpgradeRequire TLS'), 426],
    ['announced',      printers('UpgradeRequire TLS', $announce), 200],
    ['not yet',        printers('UpgradeRequire TLS', 'UpgradeMode enforce from=2120-01-01T00:00:00Z'), 200],
    ['off',            printers('UpgradeRequire TLS', 'UpgradeMode off'), 200],
    ['lifted',         "UpgradeRequire none\n" . printers('UpgradeRequire none'), 200],
    ['another demand', printers('UpgradeRequire HTTP/2 WebSocket'), 200],
    ['not said',       '', 200],
  ) {
    my ($name, $text, $refusal) = @$case;
    my $server = server("$plain$text");
    for my $request (@requests) {
        my ($line, $lines, $status) = @$request;
        my $answer = $server->ask("$line HTTP/1.1", @$lines);
        my $want = $status == 426 ? $refusal : $status;
        is $answer->{status}, $want, "$name: $line @$lines";
        next unless $want == 426;
        is field($answer, 'Upgrade'), 'TLS/1.3, TLS/1.2, HTTP/1.1', "$name: $line @$lines: Upgrade";
        is field($answer, 'Connection'), 'Upgrade, close', "$name: $line @$lines: Connection";
        is json_of($answer)->{reason}, 'tls-missing', "$name: $line @$lines: reason";
    }
}

# Who has TLS already is not refused for wanting it.
{
    my $server = Server->new(modules => [qw(authz_core dir ssl socache_shmcb)]);
    $server->configure("$tls\nUpgradeRequire TLS")->start;
    my $socket = connect_to($server->{port}, SSL_hostname => 'localhost');
    print $socket join "\r\n", 'OPTIONS * HTTP/1.1', 'Host: localhost', 'Upgrade: TLS/1.2',
      'Connection: Upgrade, close', '', '';
    is answer_from($socket)->{status}, 200, 'over TLS';
}

# curl offers h2c with its first request. Where TLS is what is missing it is sent on, by a
# server that speaks h2c too.
sub curl {
    my ($server, @options) = @_;
    my $told = '%{http_code} %{http_version} %{redirect_url}';
    open my $pipe, '-|', 'curl', '-s', '--max-time', Wait::LIMIT, '-o', '/dev/null', '-w', $told, @options,
      "http://127.0.0.1:$server->{port}/plain?q" or die "curl: $!";
    return scalar <$pipe>;
}

for my $protocols ('http/1.1', 'h2c http/1.1') {
    for my $word (qw(UpgradeFloor UpgradeRequire)) {
        my $server = server("${plain}Protocols $protocols\n$word TLS\nUpgradeRedirect permanent", 'http2');
        is curl($server, '--http2'), '308 1.1 https://localhost/plain?q',
          "curl --http2, $word, Protocols $protocols: sent on";
        is curl($server, '--http2', '--head'), '308 1.1 https://localhost/plain?q',
          "curl --http2 --head, $word, Protocols $protocols: sent on";
        is curl($server, '--http2', '--data', 'x'), '426 1.1 ',
          "curl --http2 --data, $word, Protocols $protocols: refused";
        is scalar(grep { /^(?:GET|HEAD|POST) / } seen_all($server, 3)), 3,
          "$word, Protocols $protocols: three requests";
    }
}

done_testing;
