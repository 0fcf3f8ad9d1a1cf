# ForwardSecrecy and PostQuantum, with real clients: what they meet, what they are told, and that it is
# determined again when it changes. What the OpenSSL of the server cannot do is asked of it, and both answers
# have assertions of their own.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Ports;
use Server;
use Wait;
use Wire;

my $conf = Apache::Test::vars('t_conf');
my ($tls, $floor, $lacks) = (free_port(), free_port(), free_port());

# The program has to be of the library that mod_ssl has.
sub library_of { my ($file) = @_; return (`ldd $file` =~ m{^\s*libssl\.so\S* => (\S+)}m)[0] // 'none' }
my ($openssl) = grep { -x } map { "$_/openssl" } split /:/, $ENV{PATH};
is library_of($openssl), library_of(Server::libexec() . '/mod_ssl.so'), 'openssl is the one of mod_ssl';
my $has_ml_kem = `openssl list -kem-algorithms 2>&1` =~ /X25519MLKEM768/;
# Which group it is, OpenSSL says from 3.0 on.
my $says_group = `openssl version` !~ /^OpenSSL 1/;
my ($x25519, $secp256r1) = map { $says_group ? $_ : 'forward-secret' } qw(x25519 secp256r1);
my $groups = $has_ml_kem ? 'X25519MLKEM768:SecP256r1MLKEM768:X25519:P-256' : 'X25519:P-256';

sub host {
    my ($port, @lines) = @_;
    return join "\n", "Listen 127.0.0.1:$port", "<VirtualHost 127.0.0.1:$port>", 'ServerName localhost',
      'SSLEngine on', "SSLCertificateFile $conf/server.crt", "SSLCertificateKeyFile $conf/server.key",
      'SSLCipherSuite ALL:!aNULL:@SECLEVEL=0', "SSLOpenSSLConfCmd Groups $groups", @lines,
      '</VirtualHost>', '';
}

my $server = Server->new(
    modules => [
        qw(authn_core authn_file authz_core authz_user auth_basic alias dir socache_shmcb ssl http2)]);
my $folder = $server->{folder};
$server->configure(join "\n", <<"CONF", host($tls, 'Protocols h2 http/1.1'), host($floor, <<'FLOOR'),
KeepAlive On
SSLSessionCache shmcb:$folder/sessions(512000)
LogLevel upgrade_required:debug
CustomLog $folder/seen "%U|%>s|%{UPGRADE_VERDICT}e|%{UPGRADE_REASON}e|%{UPGRADE_PHASE}e"
UpgradeName page
<Location /fs>
    UpgradeRequire ForwardSecrecy
    UpgradeName fs
</Location>
<Location /pq>
    UpgradeRequire PostQuantum
    UpgradeName pq
</Location>
<Location /both>
    UpgradeRequire TLS/1.3 PostQuantum
</Location>
<Location /http2>
    UpgradeRequire ForwardSecrecy HTTP/2
</Location>
<Location /announced>
    UpgradeRequire ForwardSecrecy
    UpgradeMode enforce since=2020-01-01T00:00:00Z from=2099-01-01T00:00:00Z
    UpgradeName announced
</Location>
<Location /rehearsed>
    UpgradeRequire ForwardSecrecy
    UpgradeMode announce
    UpgradeBrownout 2020-01-01T00:00:00Z/P36500D
</Location>
<Location /excepted>
    UpgradeRequire ForwardSecrecy
    UpgradeExcept "%{REQUEST_METHOD} == 'GET'"
</Location>
<Location /off>
    UpgradeRequire PostQuantum
    UpgradeMode off
</Location>
<Location /moved>
    UpgradeRequire TLS PostQuantum
    UpgradeRedirect permanent
</Location>
<Location /alone>
    UpgradeRequire PostQuantum
    UpgradeRedirect permanent
</Location>
<Location /private>
    UpgradeRequire ForwardSecrecy
    AuthType Basic
    AuthName private
    AuthUserFile $folder/users
    Require valid-user
</Location>
<Location /weak>
    SSLCipherSuite AES128-SHA:\@SECLEVEL=0
</Location>
<Location /status>
    SetHandler upgrade-status
</Location>
AliasMatch ^/ $folder/page
CONF
UpgradeFloor ForwardSecrecy
FLOOR
    host($lacks, 'UpgradeFloor ForwardSecrecy', 'SSLOpenSSLConfCmd Options AllowNoDHEKEX'));
{
    open my $page, '>', "$folder/page" or die $!;
    print $page "page\n";
    close $page;
    open my $users, '>', "$folder/users" or die $!;
}
$server->start;

# One answer, by a client of OpenSSL's own.
sub s_client {
    my ($port, $path, $options, @lines) = @_;
    my $request = "$folder/request";
    open my $file, '>', $request or die $!;
    print $file join "\r\n", "GET $path HTTP/1.1", 'Host: localhost', 'Connection: close', @lines, '', '';
    close $file;
    open my $answer, '-|',
      "timeout 30 openssl s_client -connect 127.0.0.1:$port $options -quiet < $request 2>> $folder/s_client"
      or die $!;
    return Wire::answer_from($answer);
}

my $static    = '-tls1_2 -cipher AES128-SHA@SECLEVEL=0';
my $ephemeral = '-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256';
my $dhe       = '-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256';
my $new       = '-tls1_3 -groups X25519';
my $hybrid    = '-tls1_3 -groups X25519MLKEM768';

# [client, path, status, Upgrade, received.key_exchange]
my @cases = (
    [$static,    '/fs',   426, 'TLS/1.3', 'static'],
    [$ephemeral, '/fs',   200],
    [$dhe,       '/fs',   200],
    [$new,       '/fs',   200],
    [$static,    '/pq',   426, 'TLS/1.3', 'static'],
    ["$ephemeral -groups P-256", '/pq', 426, 'TLS/1.3', $secp256r1],
    [$new,       '/pq',   403, undef,     $x25519],
    ['-tls1_3 -groups P-256', '/pq', 403, undef, $secp256r1],
    [$new,       '/both', 403, undef,     $x25519],
    [$static,    '/http2', 426, 'TLS/1.3, HTTP/2.0', 'static'],
    [$new,       '/http2', 426, 'HTTP/2.0', $x25519, 'http-version'],
    [$static,    '/rehearsed', 426, 'TLS/1.3', 'static'],
    [$static,    '/excepted', 200],
    [$new,       '/off',  200],
    [$static,    '/private', 426, 'TLS/1.3', 'static'],
    [$new,       '/private', 401],
    $has_ml_kem
    ? (
        [$hybrid, '/pq',   200],
        [$hybrid, '/both', 200],
        [$hybrid, '/fs',   200],
        ['-tls1_3 -groups SecP256r1MLKEM768', '/pq', 200],
        ['-tls1_3', '/pq', 200],    # what it offers by itself
      )
    : ['-tls1_3', '/pq', 403, undef, $x25519],
);
my %refused;
for my $case (@cases) {
    my ($client, $path, $status, $upgrade, $agreed, $reason) = @$case;
    $reason //= 'key-exchange';
    my $answer = s_client($tls, $path, $client);
    my $name   = "$client, $path";
    is $answer->{status}, $status, "$name: $status";
    next unless $agreed;
    is field($answer, 'Upgrade'), $upgrade, "$name: Upgrade";
    $refused{$path}++;
    my $body = json_of($answer);
    is $body->{reason}, $reason, "$name: the reason";
    is $body->{received}{key_exchange}, $agreed, "$name: what was received";
    is_deeply $body->{upgrade}, $upgrade && [split /, /, $upgrade], "$name: the list in the body";
    like $body->{hint}, $path =~ /pq|both/ ? qr/X25519MLKEM768/ : qr/TLS 1\.3|HTTP\/2/, "$name: what helps";
}

# In each form of the body
for my $case (['text/plain', qr/^Received:   HTTP\/1\.1 over TLS 1\.3, key exchange $x25519$/m],
    ['text/html', qr/<dd>HTTP\/1\.1 over TLS 1\.3, key exchange $x25519</]) {
    my ($type, $pattern) = @$case;
    my $answer = s_client($tls, '/pq', $new, "Accept: $type");
    $refused{'/pq'}++;
    like $answer->{body}, $pattern, "$type: what was received";
    like $answer->{body}, $says_group ? qr/with the group x25519/ : qr/with a group that is not known/,
      "$type: in a sentence";
    unlike $answer->{body}, qr/Upgrade to/, "$type: no list where nothing would help";
}

# Announced
{
    my $answer = s_client($tls, '/announced', $static);
    is $answer->{status}, 200, 'announced: passes';
    is field($answer, 'Deprecation'), '@1577836800', 'announced: since when';
    like field($answer, 'Sunset'), qr/2099/, 'announced: until when';
    $answer = s_client($tls, '/announced', $ephemeral);
    is field($answer, 'Sunset'), undef, 'who meets it is told nothing';
}

# In clear
sub in_clear { my ($path, @lines) = @_; return $server->ask("GET $path HTTP/1.1", @lines) }
for my $path ('/fs', '/pq') {
    my $answer = in_clear($path);
    $refused{$path}++;
    is $answer->{status}, 426, "$path in clear: 426";
    is field($answer, 'Upgrade'), 'TLS/1.3', "$path in clear: TLS";
    is json_of($answer)->{reason}, 'key-exchange', "$path in clear: the reason";
    my $received = json_of($answer)->{received};
    ok exists $received->{key_exchange} && !defined $received->{key_exchange}, "$path in clear: null";
}
{
    my $answer = in_clear('/both');
    is json_of($answer)->{reason}, 'tls-missing', 'with TLS: that is the reason';
    is field($answer, 'Upgrade'), 'TLS/1.3, HTTP/1.1', 'TLS 1.2 would not be enough';
    for my $path ('/moved', '/alone') {
        $answer = in_clear($path);
        is $answer->{status}, 308, "$path: sent on to https";
        is field($answer, 'Location'), "https://localhost$path", "$path: there";
    }
    $answer = s_client($tls, '/alone', $new);
    is $answer->{status}, 403, 'over TLS nobody is sent anywhere';
    $answer = $server->ask('OPTIONS * HTTP/1.1', 'Upgrade: TLS/1.3', 'Connection: Upgrade');
    is $answer->{status}, 426, 'OPTIONS * that asks for TLS in place';
    $refused{'/fs'}++;    # the first section that needs TLS
}

# A floor closes the connection; the log says what was received.
{
    my $answer = s_client($floor, '/page', $static);
    is $answer->{status}, 426, 'a floor refuses';
    is field($answer, 'Connection'), 'Upgrade, close', 'and closes';
    is s_client($floor, '/page', $_)->{status}, 200, "a floor allows $_" for $ephemeral, $new;
    ok eventually(sub {
        my $wanted = 'UR0003: refused with 426, reason key-exchange, policy page, phase floor, received '
          . 'HTTP/1.1, TLS 1.2, key exchange static';
        return $server->log =~ /\Q$wanted\E$/m;
    }), 'the log';
    ok eventually(sub { $server->file('seen') =~ m{^/page\|426\|refuse\|key-exchange\|floor$}m }),
      'the variables';
}

# Counted
{
    my $decisions = json_of(in_clear('/status?format=json'))->{decisions};
    my %counted;
    for my $row (@$decisions) {
        my $count = 0;
        $count += $_->{count} for @{ $row->{clients} };
        $counted{"$row->{policy} $row->{verdict} $row->{reason}"} += $count;
    }
    is $counted{'fs refuse key-exchange'}, $refused{'/fs'}, 'counted: forward secrecy';
    is $counted{'pq refuse key-exchange'}, $refused{'/pq'}, 'counted: post-quantum';
    is $counted{'announced announce key-exchange'}, 1, 'counted: announced';
}

# Resumed connections
sub twice {
    my ($port, $options) = @_;
    unlink "$folder/session";
    my $first  = s_client($port, '/page', "$options -sess_out $folder/session");
    my $second = s_client($port, '/page', "$options -sess_in $folder/session");
    return [$first->{status}, $second->{status}];
}
is_deeply twice($floor, $static),    [426, 426], 'resumed: without forward secrecy';
is_deeply twice($floor, $ephemeral), [200, 200], 'resumed: TLS 1.2 with it';
is_deeply twice($floor, $new),       [200, 200], 'resumed: TLS 1.3 exchanges new keys';
is_deeply twice($lacks, $new),       [200, 403], 'resumed where it might have no exchange: unknown';
is_deeply twice($lacks, "$new -allow_no_dhe_kex"), [200, 403], 'resumed without one: unknown';
is json_of(s_client($lacks, '/page', "$new -sess_in $folder/session"))->{received}{key_exchange}, 'unknown',
  'and says so';

# A section renegotiates: its request is judged by the keys with which it came, the next one by the new ones.
{
    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $floor, SSL_verify_mode => 0,
        SSL_version => 'TLSv1_2', SSL_cipher_list => 'ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=0')
      or die $SSL_ERROR;
    my $ask = sub {
        my ($path) = @_;
        print $socket "GET $path HTTP/1.1\r\nHost: localhost\r\n\r\n";
        return Wire::answer_from($socket)->{status};
    };
    is $ask->('/page'), 200, 'kept connection: forward secret';
    is $ask->('/page'), 200, 'and again';
    is $ask->('/weak'), 200, 'a section renegotiates';
    is $socket->get_cipher, 'AES128-SHA', 'to keys without forward secrecy';
    is $ask->('/page'), 426, 'which the next request has';
}

# curl
sub curl {
    my ($path, @options) = @_;
    my $form = '%{http_code} %{http_version}';
    return scalar `curl -sk -o /dev/null -w '$form' @options https://127.0.0.1:$tls$path`;
}
is curl('/fs', '--http1.1'), '200 1.1', 'curl, forward secrecy';
is curl('/fs', '--http2'),   '200 2',   'the same over HTTP/2';
is curl('/pq', '--http2', '--curves X25519'), '403 2', 'curl over HTTP/2 without ML-KEM';
is curl('/pq', '--http1.1'), $has_ml_kem ? '200 1.1' : '403 1.1', 'curl as it is';

# At start: nobody could meet it.
my $found = qr/UR0004: \S+ UpgradeRequire PostQuantum: /;
if ($has_ml_kem) {
    unlike $server->log, $found, 'nothing is found where OpenSSL has ML-KEM';
}
else {
    like $server->log, $found, 'an OpenSSL without ML-KEM is found';
}

# A proxy states what its client has agreed on.
my $front = Server->new->configure(<<'CONF')->start;
UpgradeTrustedProxy 127.0.0.1 tls=X-TLS scheme=X-Scheme group=X-Group
LogLevel upgrade_required:debug
<Location /fs>
    UpgradeRequire ForwardSecrecy
</Location>
<Location /pq>
    UpgradeRequire PostQuantum
</Location>
<Location /probe>
    SetHandler upgrade-probe
</Location>
CONF

# [lines, /fs, /pq, what the log says was not understood]
my @stated = (
    [[], 426, 426],
    [['X-Group: X25519MLKEM768'], 404, 404],
    [['X-Group: x25519'], 404, 426],
    [['X-TLS: TLSv1.3', 'X-Group: x25519'], 404, 403],
    [['X-TLS: TLSv1.3', 'X-Group: 0x11ec'], 404, 404],
    [['X-TLS: TLSv1.3'], 404, 403],
    [['X-TLS: TLSv1.2'], 426, 426],
    [['X-TLS: TLSv1.2', 'X-Group: prime256v1'], 404, 426],
    [['X-Scheme: https'], 426, 426],
    [['X-Scheme: https', 'X-Group: P-256'], 404, 426],
    [['X-Scheme: http', 'X-Group: X25519MLKEM768'], 426, 426, 'group=contradictory'],
    [['X-Group: what'], 426, 426, 'group=unknown'],
    [['X-Group: X25519MLKEM768', 'X-Group: X25519MLKEM768'], 404, 404],
    [['X-Group: X25519MLKEM768, x25519'], 426, 426, 'group=contradictory'],
    [['X-Group: X25519MLKEM768', 'Connection: X-Group'], 426, 426, 'group=disowned'],
);
for my $case (@stated) {
    my ($lines, $fs, $pq, $unclear) = @$case;
    my $name = "@$lines" || 'nothing stated';
    is $front->ask('GET /fs HTTP/1.1', @$lines)->{status}, $fs, "$name: /fs";
    my $before = length $front->log;
    is $front->ask('GET /pq HTTP/1.1', @$lines)->{status}, $pq, "$name: /pq";
    next unless $unclear;
    ok eventually(sub { substr($front->log, $before) =~ /UR0003: .* not understood: \Q$unclear\E$/m }),
      "$name: $unclear";
    like $front->ask('GET /probe?format=text HTTP/1.1', @$lines)->{body},
      qr/The trusted proxy's header for group= is ignored/, "$name: the probe says so";
}

done_testing;
