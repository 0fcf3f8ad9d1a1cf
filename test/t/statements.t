# What a trusted proxy states and is not understood is said, in closed words, and nobody is
# redirected who may be in https already.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wait;
use Wire;

my $server = Server->new(modules => [qw(authz_core alias dir headers rewrite)])->configure(<<'CONF')->start;
LogLevel upgrade_required:debug
UpgradeTrustedProxy 127.0.0.1 tls=X-TLS http=X-HTTP scheme=X-Forwarded-Proto
UpgradeRedirect permanent
<Location /endpoint>
    UpgradeRequire TLS
</Location>
<Location /moved>
    RequestHeader set X-Forwarded-Proto http
    RewriteEngine on
    RewriteRule . /endpoint
</Location>
<Location /announced>
    UpgradeRequire TLS
    UpgradeMode announce
</Location>
<Location /http2>
    UpgradeRequire HTTP/2
</Location>
<Location /probe>
    SetHandler upgrade-probe
</Location>
CONF

# What the log newly says under this tag, once it does.
my $read = 0;
sub said {
    my ($tag) = @_;
    my $log;
    eventually(sub { $log = substr $server->log, $read; return $log =~ /^.*$tag: .*\n/m })
      or die "nothing is said under $tag";
    $read += length $log;
    return ($log =~ /^.*$tag: (.*)\n/m)[0];
}
sub request { my ($path, @lines) = @_; return $server->ask("GET $path HTTP/1.1", @lines) }

# [fields, status, what the log says was not understood]
my @cases = (
    # Certainly in clear, and sent on
    [[], 308],
    [['X-Forwarded-Proto: http'], 308],
    [['X-Forwarded-Proto: http,http'], 308],
    [['X-Forwarded-Proto: HTTP', 'X-Forwarded-Proto: ws'], 308],
    [['X-Forwarded-Proto:'], 308],
    [['X-Forwarded-Proto: -', 'X-TLS: (null)'], 308],
    [['X-Forwarded-Proto: http', 'X-TLS: -'], 308],
    [['X-Forwarded-Proto: http', 'X-HTTP: what'], 308, 'http=unknown'],
    # In https
    [['X-Forwarded-Proto: https'], 200],
    [['X-Forwarded-Proto: https,https'], 200],
    [['X-Forwarded-Proto: https', 'X-Forwarded-Proto: https'], 200],
    [['X-Forwarded-Proto: https, wss'], 200],
    [['X-TLS: TLSv1.3, 1.3'], 200],
    # Perhaps in https
    [['X-Forwarded-Proto: https, http'], 426, 'scheme=contradictory'],
    [['X-Forwarded-Proto: http', 'X-Forwarded-Proto: https'], 426, 'scheme=contradictory'],
    [['X-Forwarded-Proto: https; secret'], 426, 'scheme=unknown'],
    [['X-Forwarded-Proto: "https"'], 426, 'scheme=unknown'],
    [['X-Forwarded-Proto: on'], 426, 'scheme=unknown'],
    [['X-Forwarded-Proto: https', 'Connection: close, X-Forwarded-Proto'], 426, 'scheme=disowned'],
    [['X-Forwarded-Proto: https', 'Connection: "x'], 426, 'scheme=disowned'],
    [['X-TLS: TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake'], 426, 'tls=unknown'],
    [['X-TLS: TLSv1.3', 'X-Forwarded-Proto: http'], 426, 'tls=contradictory'],
    [['X-TLS: TLSv1.3, TLSv1.2', 'X-HTTP: 5', 'X-Forwarded-Proto: http, https'], 426,
        'tls=contradictory, http=unknown, scheme=contradictory'],
);
for my $case (@cases) {
    my ($lines, $status, $unclear) = @$case;
    my $answer = request('/endpoint', @$lines);
    is $answer->{status}, $status, "@$lines: status";
    next if $status == 200;
    my $log = said('UR0003');
    my ($told) = $log =~ /, not understood: (.*)/;
    is $told, $unclear, "@$lines: what the log says";
    unlike $log, qr/secret/, "@$lines: never the value";
    is json_of($answer)->{reason}, 'tls-missing', "@$lines: reason" if $status == 426;
}

# The same words where a request is announced, and on every policy, not TLS alone
{
    request('/announced', 'X-Forwarded-Proto: on');
    like said('UR0008'), qr/announced.*, not understood: scheme=unknown$/, 'announced';
    request('/http2', 'X-HTTP: 2, 1.1');
    like said('UR0003'), qr/reason http-version.*, not understood: http=contradictory$/, 'HTTP';
}

# After an internal redirect it is the client's own request still, whatever became of its fields.
{
    is request('/moved', 'X-Forwarded-Proto: on')->{status}, 426, 'internal redirect: status';
    like said('UR0003'), qr/not understood: scheme=unknown$/, 'internal redirect: said';
    is request('/moved', 'X-Forwarded-Proto: https')->{status}, 200, 'internal redirect: in https';
}

# The probe
{
    my $report = json_of($server->ask('GET /probe?format=json HTTP/1.1', 'X-Forwarded-Proto: http, https',
        'X-TLS: what', 'X-HTTP: 2', 'Connection: close, X-HTTP'));
    my @next = @{ $report->{next} };
    for my $words ('tls= is ignored (unknown)', 'http= is ignored (disowned)',
        'scheme= is ignored (contradictory)') {
        is scalar(grep({ index($_, $words) >= 0 } @next)), 1, "probe: $words";
    }
    $report = json_of($server->ask('GET /probe?format=json HTTP/1.1', 'X-Forwarded-Proto: https,https'));
    ok !grep({ /is ignored/ } @{ $report->{next} }), 'probe: what is understood is not told';
    is $report->{client}{tls}, 'unknown', 'probe: and counts';
}
$server->stop;

# Nobody else is heard, and nothing is said of what they state.
{
    my $deaf = Server->new->configure(<<'CONF')->start;
UpgradeFloor TLS
UpgradeRedirect permanent
UpgradeTrustedProxy 192.0.2.1 scheme=X-Forwarded-Proto
CONF
    is $deaf->ask('GET / HTTP/1.1', 'X-Forwarded-Proto: on')->{status}, 308, 'not from anybody: redirected';
    unlike $deaf->log, qr/not understood/, 'not from anybody: nothing said';
    $deaf->stop;
}

# RequestHeader ... early comes before the policy: it brings what a network of servers states into
# a form that is understood. As the manual has it.
{
    my $cdn = Server->new(modules => [qw(authz_core alias dir headers)])->configure(<<'CONF')->start;
RequestHeader edit CloudFront-Viewer-TLS "^(TLSv1\.[0-3]):[A-Za-z0-9_-]+:[A-Za-z]+$" "$1" early
UpgradeTrustedProxy 127.0.0.1 tls=CloudFront-Viewer-TLS scheme=CloudFront-Forwarded-Proto
UpgradeFloor TLS/1.3
CONF
    for my $case (
        ['TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake', 200],
        ['TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:sessionResumed', 426],
        ['TLSv1.3:TLS_AES_128_GCM_SHA256:connectionReused', 200],
        ['TLSv1.3:x:y, TLSv1.2:x:y', 426],
    ) {
        my ($value, $status) = @$case;
        is $cdn->ask('GET /endpoint HTTP/1.1', "CloudFront-Viewer-TLS: $value",
            'CloudFront-Forwarded-Proto: https')->{status}, $status, $value;
    }
    $cdn->stop;
}

done_testing;
