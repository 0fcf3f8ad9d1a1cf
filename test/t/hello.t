# ClientHellos: what is offered and what fails, also of clients that never come to a request.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use IO::Socket::SSL;
use Server;
use Wait;
use Wire;

my @modules = qw(authz_core alias dir socache_shmcb ssl http2);
my $conf = Apache::Test::vars('t_conf');
my $page = "<Location /status>\nSetHandler upgrade-status\n</Location>\n";

# A port beside the server's own: that one speaks clear text, for the numbers.
sub secure_server {
    my (%option) = @_;
    my $port = free_port();
    my $server = Server->new(modules => $option{modules} || \@modules)->configure(join "\n", $page,
        "Listen 127.0.0.1:$port", "<VirtualHost 127.0.0.1:$port>",
        'ServerName localhost', 'SSLEngine on', "SSLCertificateFile $conf/server.crt",
            "SSLCertificateKeyFile $conf/server.key",
        'Protocols h2 http/1.1', 'SSLCipherSuite ALL:@SECLEVEL=0',
            'SSLProtocol ' . ($option{protocol} || 'all +TLSv1 +TLSv1.1'), '</VirtualHost>',
        "<VirtualHost 127.0.0.1:$port>", 'ServerName other.test', 'SSLEngine on',
            "SSLCertificateFile $conf/server.crt", "SSLCertificateKeyFile $conf/server.key",
            '</VirtualHost>')->start;
    return ($server, $port);
}

sub tls_numbers {
    my ($server) = @_;
    my $tls = json_of($server->ask('GET /status?format=json HTTP/1.1'))->{tls};
    return { map { ("$_->{highest}" => [$_->{offers}, $_->{failures}]) } @{ $tls || [] } };
}

# Failures are counted when the connection is cleaned up, a little after its end.
sub becomes {
    my ($server, $want, $name) = @_;
    my $words = sub { my ($of) = @_; return join ' ', map { ($_, @{ $of->{$_} }) } sort keys %$of };
    my $got;
    eventually(sub { $got = tls_numbers($server); return $words->($got) eq $words->($want) });
    return is_deeply $got, $want, $name;
}

sub client {
    my ($port, %option) = @_;
    return IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => Wire::LIMIT,
        SSL_verify_mode => 0, SSL_cipher_list => 'ALL:@SECLEVEL=0', %option);
}

sub raw {
    my ($port, $bytes) = @_;
    my $socket = connect_to($port);
    print $socket $bytes;
    $socket->flush;
    shutdown $socket, 1;
    local $/;
    my $answer = <$socket>;
    return;
}

# A ClientHello of TLS 1.2 at most, and in how many bytes a record
my $body = "\x03\x03" . 'r' x 32 . "\0" . pack('n/a', "\xc0\x2f\xc0\x30\x00\x9c") . "\x01\x00"
    . pack('n/a', pack('n n/a', 0x2a2a, ''));
my $hello = "\x01" . substr(pack('N', length $body), 1) . $body;
sub records {
    my ($size) = @_;
    return join '', map { "\x16\x03\x01" . pack('n/a', $_) } unpack "(a$size)*", $hello;
}

{
    my ($server, $port) = secure_server();
    is_deeply tls_numbers($server), {}, 'nothing yet';
    my %versions = ('1.0' => 'TLSv1', '1.1' => 'TLSv1_1', '1.2' => 'TLSv1_2', '1.3' => 'TLSv1_3');
    for my $version (sort keys %versions) {
        my $socket = client($port, SSL_version => $versions{$version}) or die "$version: $SSL_ERROR";
        print $socket "GET /endpoint HTTP/1.1\r\nHost: localhost\r\n\r\n";
        is answer_from($socket)->{status}, 200, "TLS $version: served";
    }
    my %want = map { ($_ => [1, 0]) } keys %versions;
    becomes $server, {%want}, 'one of each version, none failed';

    # To another virtual host
    client($port, SSL_hostname => 'other.test') or die $SSL_ERROR;
    $want{'1.3'} = [2, 0];
    becomes $server, {%want}, 'SNI to another virtual host';

    # Resumption, which has a ClientHello too
    for my $option ('-sess_out', '-sess_in') {
        my $session = "$option $server->{folder}/session";
        my $output  = `openssl s_client -connect 127.0.0.1:$port -tls1_2 $session </dev/null 2>&1`;
        like $output, $option eq '-sess_in' ? qr/^Reused, TLSv1\.2/m : qr/^New, TLSv1\.2/m,
            "resumption: $option";
    }
    $want{'1.2'} = [3, 0];
    becomes $server, {%want}, 'resumption is counted like any other';

    # What does not come to an end
    raw($port, records(length $hello) . "\x15\x03\x01\x00\x02\x02\x28");
    $want{'1.2'} = [4, 1];
    becomes $server, {%want}, 'an alert after the ClientHello: offered, failed';
    raw($port, records(7) . "\x15\x03\x01\x00\x02\x02\x28");
    $want{'1.2'} = [5, 2];
    becomes $server, {%want}, 'a ClientHello in many records';

    # What is none
    raw($port, $_) for "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", "\0" x 512, "\x16\x03\x01\x00\x02\x02\x28", '';
    client($port, SSL_version => 'TLSv1_3') or die $SSL_ERROR;
    $want{'1.3'} = [3, 0];
    becomes $server, {%want}, 'clear text, garbage and half a message are counted as nothing';

    my $text = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
    like $text, qr/^upgrade_required_tls_offers_total\{highest="1\.2",post_quantum="no"\} 5$/m,
        'metric: offers';
    like $text, qr/^upgrade_required_tls_failures_total\{highest="1\.2"\} 2$/m, 'metric: failures';
    $server->graceful;
    becomes $server, {%want}, 'a reload loses nothing';
    $server->stop->finish;
    unlike $server->log, qr/exit signal|AH0005[12]/, 'no child died';
}

# A server that has retired the old versions sees who knocks in vain.
{
    my ($server, $port) = secure_server(protocol => 'TLSv1.3');
    ok !client($port, SSL_version => 'TLSv1_2'), 'TLS 1.2 fails';
    ok !client($port, SSL_version => 'TLSv1'), 'TLS 1.0 fails';
    ok client($port), 'TLS 1.3 does not';
    becomes $server, { '1.0' => [1, 1], '1.2' => [1, 1], '1.3' => [1, 0] }, 'offered and failed';
    # A client that does not like the certificate fails too.
    ok !client($port, SSL_verify_mode => SSL_VERIFY_PEER), 'a certificate that is not trusted';
    becomes $server, { '1.0' => [1, 1], '1.2' => [1, 1], '1.3' => [2, 1] }, 'refused by the client';
    $server->stop;
}

# Without mod_ssl there are no such metrics.
{
    my $server = Server->new->configure($page)->start;
    my $text = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
    unlike $text, qr/tls_offers|tls_failures/, 'without mod_ssl: no metrics';
    ok !exists json_of($server->ask('GET /status?format=json HTTP/1.1'))->{tls}, 'without mod_ssl: no member';
    $server->stop;
}

done_testing;
