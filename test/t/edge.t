# What a trusted proxy states of its client's protocol, and who may state it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

sub server {
    return Server->new(modules => [qw(authz_core alias dir remoteip)])->configure(join "\n", @_)->start;
}

my $fields = 'tls=X-TLS http=X-HTTP scheme=X-Scheme';
my $trusting = server('UpgradeFloor TLS/1.2 HTTP/2', "UpgradeTrustedProxy 127.0.0.0/8 ::1 $fields");

# [fields sent, status, received.tls, received.http]
for my $case (
    [['X-TLS: TLSv1.3', 'X-HTTP: HTTP/2.0'], 200],
    [['X-TLS: TLSv1.2', 'X-HTTP: 2'], 200],
    [['X-TLS: tls/1.2', 'X-HTTP: http/2', 'X-Scheme: HTTPS'], 200],
    [['X-TLS: 1.2', 'X-HTTP: HTTP/3'], 200],
    [['X-TLS: TLSv1.1', 'X-HTTP: 2'], 426, '1.1', '2'],
    [['X-TLS: TLSv1', 'X-HTTP: 1.0'], 426, '1.0', '1.0'],
    [['X-TLS: TLSv1.2', 'X-HTTP: HTTP/1.1'], 426, '1.2', '1.1'],
    # A scheme in clear is clear, whatever TLS says.
    [['X-TLS: TLSv1.3', 'X-HTTP: 2', 'X-Scheme: http'], 426, undef, '2'],
    [['X-TLS: TLSv1.3', 'X-HTTP: 2', 'X-Scheme: ws'], 426, undef, '2'],
    [['X-HTTP: 2', 'X-Scheme: https'], 426, 'unknown', '2'],
    # Members and fields that agree are one value.
    [['X-TLS: TLSv1.3, TLS/1.3', 'X-HTTP: 2, h2'], 200],
    [['X-TLS: TLSv1.2', 'X-TLS: TLSv1.2', 'X-HTTP: 2', 'X-Scheme: https,https'], 200],
    # What is not one well-formed value is none.
    [['X-HTTP: 2'], 426, undef, '2'],
    [['X-TLS: TLSv1.3'], 426, '1.3', '1.1'],
    [['X-TLS: TLSv1.4', 'X-HTTP: 2'], 426, undef, '2'],
    [['X-TLS: TLSvTLS/1.3', 'X-HTTP: 2'], 426, undef, '2'],
    [['X-TLS: TLSv1.3, TLSv1.2', 'X-HTTP: 2'], 426, undef, '2'],
    [['X-TLS: TLSv1.3', 'X-TLS: TLSv1.2', 'X-HTTP: 2'], 426, undef, '2'],
    [['X-TLS: "TLSv1.3"', 'X-HTTP: 2'], 426, undef, '2'],
    [['X-TLS:', 'X-HTTP: '], 426, undef, '1.1'],
    [['X-TLS: TLSv1.3', 'X-HTTP: 2, 1.1'], 426, '1.3', '1.1'],
    [['X-TLS: TLSv1.3', 'X-HTTP: HTTP/2', 'X-Scheme: https, http'], 200],
    # A client that names the field in Connection may have sent it itself.
    [['X-TLS: TLSv1.3', 'X-HTTP: 2', 'Connection: x-tls'], 426, undef, '2'],
    [['X-TLS: TLSv1.3', 'X-HTTP: 2', 'Connection: close, X-HTTP'], 426, '1.3', '1.1'],
) {
    my ($lines, $status, $tls, $http) = @$case;
    my $answer = $trusting->ask('GET /endpoint HTTP/1.1', @$lines);
    is $answer->{status}, $status, "@$lines: status";
    next if $status == 200;
    is_deeply json_of($answer)->{received}, { tls => $tls, http => $http }, "@$lines: what was received";
    # A proxy may copy the field into an answer over HTTP/2, where it must not be.
    is scalar(fields($answer, 'Upgrade')), $http eq '2' ? 0 : 1, "@$lines: Upgrade";
    is field($answer, 'Connection'), $http eq '2' ? 'close' : 'Upgrade, close', "@$lines: Connection";
}
$trusting->stop;

my @good = ('X-TLS: TLSv1.3', 'X-HTTP: 2', 'X-Scheme: https');

# Not from anybody else; what mod_remoteip makes of the address does not count either way.
for my $case (
    ["UpgradeTrustedProxy 192.0.2.0/24 $fields", 426],
    ['UpgradeTrustedProxy none', 426],
    ['', 426],
    ["UpgradeTrustedProxy 192.0.2.7 $fields\nRemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1", 426],
    ["UpgradeTrustedProxy 127.0.0.1 $fields\nRemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1", 200],
) {
    my ($directives, $status) = @$case;
    my $server = server('UpgradeFloor TLS HTTP/2', $directives);
    is $server->ask('GET /endpoint HTTP/1.1', @good, 'X-Client: 192.0.2.7')->{status}, $status,
        "'$directives'";
    $server->stop;
}

# Inherited by virtual hosts, which may replace it; routes are judged by it too; a handshake
# is judged by the hop on which it came.
{
    my $server = server("UpgradeTrustedProxy 127.0.0.1 $fields", '<Location /endpoint>',
        'UpgradeRequire TLS/1.3', '</Location>',
        '<VirtualHost *:*>', 'ServerName inherits.test', '</VirtualHost>',
        '<VirtualHost *:*>', 'ServerName lifts.test', 'UpgradeTrustedProxy none', '</VirtualHost>',
        '<VirtualHost *:*>', 'ServerName socket.test', '<Location /endpoint>',
            'UpgradeRequire TLS HTTP/2 WebSocket', '</Location>', '</VirtualHost>');
    for my $case (['inherits.test', 200], ['lifts.test', 426, 'tls-missing'],
        ['socket.test', 426, 'websocket-missing'], ['socket.test', 200, undef, handshake]) {
        my ($host, $status, $reason, @lines) = @$case;
        my $answer = $server->ask('GET /endpoint HTTP/1.1', "Host: $host", @good, @lines);
        is $answer->{status}, $status, "$host: status";
        is json_of($answer)->{reason}, $reason, "$host: reason" if $reason;
    }
    $server->stop;
}

done_testing;
