# Groups for the key exchange: what clients offer, counted and told, whatever this server can agree on.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use IO::Socket::SSL;
use Server;
use Wait;
use Wire;

my ($hybrid, $x25519, $p256, $kyber, $grease) = (0x11ec, 0x1d, 0x17, 0x6399, 0x2a2a);

# A server that has nothing but X25519, with any OpenSSL; and a port without TLS, for the numbers.
my $port = free_port();
my $server = Server->new(modules => [qw(authz_core alias dir socache_shmcb ssl)])->configure(<<"END")->start;
<Location /status>
SetHandler upgrade-status
</Location>
<Location /probe>
SetHandler upgrade-probe
</Location>
@{[ tls_host($port, 'SSLOpenSSLConfCmd Groups X25519') ]}
END

# { highest => [offers, of them post-quantum, failures] }; failures are counted when a connection is
# cleaned up, a little after its end.
sub becomes {
    my ($want, $name) = @_;
    my $got;
    my $text = sub { my ($of) = @_; join '; ', map { "$_: @{ $of->{$_} }" } sort keys %$of };
    eventually(sub {
        my $report = json_of($server->ask('GET /status?format=json HTTP/1.1'));
        $got = { map { $_->{highest} => [@$_{qw(offers post_quantum failures)}] } @{ $report->{tls} } };
        return $text->($got) eq $text->($want);
    });
    return is $text->($got), $text->($want), $name;
}

sub extension { my ($type, $bytes) = @_; return pack 'n n/a', $type, $bytes }
sub ids { return pack 'n/a', pack 'n*', @_ }

# versions: of supported_versions, none for TLS 1.2. groups: one list, or several of the extension.
# shares: [group, length of the key] each.
sub client_hello {
    my (%option) = @_;
    my $shares = join '', map { pack 'n n/a', $_->[0], "\x09" . "\0" x ($_->[1] - 1) } @{ $option{shares} };
    my $extensions = join '', (map { extension(10, ids(@$_)) } @{ $option{groups} }),
        extension(13, ids(0x0804, 0x0805, 0x0806, 0x0403, 0x0401)),
        $option{versions} ? extension(43, pack 'C/a', pack 'n*', @{ $option{versions} }) : (),
        $option{shares} ? extension(51, pack 'n/a', $shares) : ();
    my $body = "\x03\x03" . 'r' x 32 . pack('C/a', 's' x 32) . ids(0x1301, 0xc02f, 0xc02b) . "\x01\0"
        . pack 'n/a', $extensions;
    my $message = "\x01" . substr(pack('N', length $body), 1) . $body;
    return "\x16\x03\x01" . pack 'n/a', $message;
}

sub take {
    my ($socket, $bytes) = @_;
    my $got = '';
    while (length $got < $bytes) {
        sysread($socket, $got, $bytes - length $got, length $got) or return;
    }
    return $got;
}

# What the server says: to which group it agrees, or that it will have none of it.
sub answer {
    my ($socket) = @_;
    my ($type, $length, $record) = (0x14);
    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm Wait::LIMIT;
    while ($type == 0x14) {    # ChangeCipherSpec says nothing in TLS 1.3
        ($type, $length) = unpack 'C x2 n', take($socket, 5) // return 'closed';
        $record = take($socket, $length) // return 'closed';
    }
    alarm 0;
    return $type == 0x15 ? 'an alert' : "record $type" if $type != 0x16 || ord $record != 2;
    my $message = substr $record, 4, unpack 'x2 n', $record;
    my ($random, undef, $extensions) = unpack 'x2 a32 C/a x3 a*', $message;
    my %value = unpack '(n n/a)*', substr $extensions, length $extensions ? 2 : 0;
    return 'TLS 1.2' if !$value{51};
    # A HelloRetryRequest is a ServerHello with a certain random (RFC 8446, 4.1.3).
    my $again = unpack('H8', $random) eq 'cf21ad74';
    return sprintf '%s 0x%04x', $again ? 'again, with' : 'agreed on', unpack 'n', $value{51};
}

my @new = (versions => [0x0304, 0x0303]);
my $agreed = 'agreed on 0x001d';
my %want;

# [what the client offers, the ClientHello, the answer; under which version it is counted, whether as
# post-quantum]
for my $case (
    ['a hybrid group, and a key for it', client_hello(@new, groups => [[$hybrid, $x25519]],
        shares => [[$hybrid, 1216], [$x25519, 32]]), $agreed, '1.3', 1],
    ['a hybrid group as the last', client_hello(@new, groups => [[$grease, $x25519, $hybrid]],
        shares => [[$grease, 1], [$x25519, 32]]), $agreed, '1.3', 1],
    ['a pure one', client_hello(@new, groups => [[0x0202, $x25519]], shares => [[$x25519, 32]]),
        $agreed, '1.3', 1],
    ['no other key than for the hybrid one', client_hello(@new, groups => [[$hybrid, $x25519]],
        shares => [[$hybrid, 1216]]), 'again, with 0x001d', '1.3', 1],
    ['no key at all', client_hello(@new, groups => [[$hybrid, $x25519]], shares => []),
        'again, with 0x001d', '1.3', 1],
    ['nothing but a hybrid group', client_hello(@new, groups => [[$hybrid]], shares => [[$hybrid, 1216]]),
        'an alert', '1.3', 1],
    ['X25519', client_hello(@new, groups => [[$x25519]], shares => [[$x25519, 32]]), $agreed, '1.3', 0],
    ['X25519 and GREASE', client_hello(@new, groups => [[$grease, $x25519]], shares => [[$x25519, 32]]),
        $agreed, '1.3', 0],
    ['the draft of Kyber', client_hello(@new, groups => [[$kyber, $x25519]], shares => [[$x25519, 32]]),
        $agreed, '1.3', 0],
    ['a hybrid group, and TLS 1.2', client_hello(groups => [[$hybrid, $x25519]]), 'TLS 1.2', '1.2', 0],
    ['groups twice', client_hello(@new, groups => [[$x25519], [$hybrid]], shares => [[$x25519, 32]]),
        'an alert'],
    ['half a group', client_hello(@new, groups => [[$x25519]], shares => [[$x25519, 32]])
        =~ s/\0\x0a\0\x04\0\x02\0\x1d/\0\x0a\0\x04\0\x01\0\x1d/r, 'an alert'],
) {
    my ($name, $hello, $answer, $highest, $post_quantum) = @$case;
    my $socket = connect_to($port);
    print $socket $hello;
    $socket->flush;
    is answer($socket), $answer, "$name: the answer";
    close $socket;
    if ($highest) {
        $want{$highest} ||= [0, 0, 0];
        $want{$highest}[$_->[0]] += $_->[1] for [0, 1], [1, $post_quantum], [2, 1];
    }
    becomes \%want, "$name: counted" . ($highest ? '' : ' as nothing');
}

# The second ClientHello, which a HelloRetryRequest asks for, is no second offer.
{
    my $socket = connect_to($port);
    my @groups = (@new, groups => [[$hybrid, $x25519]]);
    print $socket client_hello(@groups, shares => [[$hybrid, 1216]]);
    $socket->flush;
    is answer($socket), 'again, with 0x001d', 'asked for another key';
    print $socket "\x14\x03\x03\0\x01\x01" . client_hello(@groups, shares => [[$x25519, 32]]);
    $socket->flush;
    is answer($socket), $agreed, 'which it gives';
    close $socket;
    $want{'1.3'}[$_]++ for 0 .. 2;
    becomes \%want, 'counted once';
}

# The probe shows what the client offered, in its order, and what was agreed on. OpenSSL tells since 3.0.
my ($agreed_on) = map { /^OpenSSL [3-9]/ ? 'x25519' : 'forward-secret' } `openssl version`;
for my $case (
    ['TLSv1_3', 'X25519:P-256', ['x25519', 'secp256r1'], ['x25519']],
    ['TLSv1_3', 'P-256:X25519', ['secp256r1', 'x25519'], ['secp256r1']],
    ['TLSv1_2', 'X25519:P-521', ['x25519', 'secp521r1'], undef],
) {
    my ($version, $curves, $groups, $shares) = @$case;
    my $name = "$version, $curves";
    my %tls = (SSL_version => $version, SSL_ecdh_curve => $curves);
    my $ask = sub { ask($port, "GET /probe?format=$_[0] HTTP/1.1\r\nHost: localhost\r\n\r\n", tls => \%tls) };
    my $report = json_of($ask->('json'));
    is_deeply [@$report{qw(groups_offered key_shares)}], [$groups, $shares], "$name: groups in the probe";
    is $report->{protocol}{key_exchange}, $agreed_on, "$name: the one of the connection";
    my $lines = sprintf "Groups:       %s\n", join ', ', @$groups;
    $lines .= "Key shares:   @$shares\n" if $shares;
    like $ask->('text')->{body}, qr/^$lines/m, "$name: in its text";
    $want{ $version =~ s/TLSv1_/1./r }[0] += 2;
}
becomes \%want, 'with nothing but classical groups: not post-quantum';
unlike $server->ask('GET /probe?format=json HTTP/1.1')->{body}, qr/group|key_share/, 'without TLS: no groups';

# Each series that can occur is there, and no other.
my $text = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
is_deeply { $text =~ /^upgrade_required_tls_offers_total\{(.*)\} (\d+)$/mg }, {
    'highest="1.0",post_quantum="no"' => 0, 'highest="1.1",post_quantum="no"' => 0,
    'highest="1.2",post_quantum="no"' => $want{'1.2'}[0],
    'highest="1.3",post_quantum="no"' => $want{'1.3'}[0] - $want{'1.3'}[1],
    'highest="1.3",post_quantum="yes"' => $want{'1.3'}[1],
}, 'the metric';
$server->stop->finish;
unlike $server->log, qr/exit signal|AH0005[12]/, 'no child died';

done_testing;
