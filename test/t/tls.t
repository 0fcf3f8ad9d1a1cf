# The TLS family over real TLS of every version that OpenSSL still speaks.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Wire;

# [TLS version, path, status, reason]
my @requests = (
    ['TLSv1',   '/tls',   200],
    ['TLSv1_1', '/tls',   200],
    ['TLSv1',   '/tls12', 426, 'tls-version', '1.0'],
    ['TLSv1_1', '/tls12', 426, 'tls-version', '1.1'],
    ['TLSv1_2', '/tls12', 200],
    ['TLSv1_3', '/tls12', 200],
    ['TLSv1_2', '/tls13', 426, 'tls-version', '1.2'],
    ['TLSv1_3', '/tls13', 200],
);

for my $case (@requests) {
    my ($version, $path, $status, $reason, $seen) = @$case;
    my $name = "$path over $version";
    my $answer = ask('tls', "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        tls => { SSL_version => $version, SSL_cipher_list => 'ALL:@SECLEVEL=0' });
    is $answer->{status}, $status, "$name: status";
    next unless $reason;
    is json_of($answer)->{reason}, $reason, "$name: reason";
    is json_of($answer)->{received}{tls}, $seen, "$name: version";
    is field($answer, 'Location'), undef, "$name: a redirect to https would loop";
    is field($answer, 'Upgrade'), $path eq '/tls13' ? 'TLS/1.3, HTTP/1.1' : 'TLS/1.3, TLS/1.2, HTTP/1.1',
        "$name: Upgrade";
}

# The version is asked for once a connection; it must be right for all its requests.
{
    my $socket = connect_to(port_of('tls'), SSL_version => 'TLSv1_2');
    my @seen = map {
        print $socket "GET /tls13 HTTP/1.1\r\nHost: localhost\r\n\r\n";
        json_of(answer_from($socket))->{received}{tls}
    } 1 .. 3;
    is_deeply \@seen, ['1.2', '1.2', '1.2'], 'the version of a kept connection';
}

# Where TLS is met, the password comes before the other families are judged.
is ask('tls', "GET /tls13/password HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    tls => { SSL_version => 'TLSv1_3' })->{status},
  401, 'TLS met: the password first';

is field(ask('tls', "GET /http11 HTTP/1.0\r\n\r\n", tls => { SSL_version => 'TLSv1_3' }), 'Upgrade'),
  lacks('http2') ? 'HTTP/1.1' : 'HTTP/2.0, HTTP/1.1', 'h2 is offered where there is any';

done_testing;
