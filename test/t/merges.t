# Every directive that httpd -L lists, and how it merges: an inner section or a virtual host that says
# something else keeps what the outer one says, and one that says it anew replaces it. A directive
# without a row fails.
use strict;
use warnings;
use Test::More;
use FindBin;
use IO::Select ();
use lib "$FindBin::Bin/lib";
use Server;
use Tunnel;
use Wire;

my $listener = backend();
my $port     = $listener->sockport;
my $server   = Server->new(modules => [qw(authz_core alias dir proxy proxy_http http2)], helper => 1);
my $socket   = 'UpgradeRequire WebSocket';
my $proxied  = "ProxyPass http://127.0.0.1:$port/";
my $event    = "$proxied\nUpgradeKeep WebSocket\nUpgradeTunnel event";

# How a route shows what is in force: each takes a path.
sub status { return $server->ask("GET $_[0] HTTP/1.1")->{status} }
sub body { return json_of($server->ask("GET $_[0] HTTP/1.1")) }
sub phrase { return $server->ask("GET $_[0] HTTP/1.1")->{phrase} }
sub reason { return body(@_)->{reason} }
sub policy { return body(@_)->{policy} }
sub guide  { return body(@_)->{upgrade_guide} }
sub detail { return body(@_)->{detail} }
sub over_http2 { return h2($server->{port}, $_[0])->{status} }
sub excepted { return join ' ', map { status("$_[0]?$_") } qw(outer inner) }

sub handshake_with {
    my (@lines) = @_;
    return sub { $server->ask("GET $_[0] HTTP/1.1", handshake(), @lines)->{status} };
}

# Whether the backend gets the handshake.
sub kept {
    my $client  = asking($server, $_[0]);
    my $backend = $listener->accept or die $!;
    my $head    = head_from($backend);
    return $head =~ /^Upgrade: websocket\r$/mi ? 'kept' : 'dropped';
}

# Who carries its tunnel.
sub carrier {
    my $before = tunnels_of($server)->{by};
    open_tunnel($server, $listener, path => $_[0]);
    my $after = tunnels_of($server)->{by};
    return join ' ', grep { $after->{$_} > ($before->{$_} // 0) } sort keys %$after;
}

# Whether the server ends a tunnel, or pings, before it does so to one that was opened later and that has a
# second more. What takes seconds goes on side by side: the tunnels of all paths are opened at once.
my %watched;

sub watch {
    my ($path) = @_;
    my ($directive) = $path =~ m{/(UpgradeTunnel\w+)};
    $watched{$path} = [map { open_tunnel($server, $listener, path => $_) } $path, "/later/$directive/x"];
    return;
}

sub stirs {
    my ($path) = @_;
    my ($client, $backend, undef, $later, $other) = @{ delete $watched{$path} };
    IO::Select->new($later)->can_read(Wire::LIMIT) or die "$path: nothing comes";
    return 'stirs' if IO::Select->new($client)->can_read(0);
    syswrite $backend, frame('down');
    return receive($client, 6) eq frame('down') ? 'quiet' : 'stirs';
}

# Whether ten bytes get through.
sub message {
    my ($client, $backend) = open_tunnel($server, $listener, path => $_[0]);
    syswrite $backend, frame('x' x 10);
    return receive($client, 2) eq substr(frame('x' x 10), 0, 2) ? 'passes' : 'stopped';
}

# What the second handshake of a client gets.
sub second {
    eventually(sub { tunnels_of($server)->{open} == 0 }) or die 'a tunnel does not end';
    my ($client, $backend) = open_tunnel($server, $listener, path => $_[0]);
    my $asking = asking($server, $_[0]);
    my ($ready) = IO::Select->new($asking, $listener)->can_read(Wire::LIMIT) or die 'nothing comes';
    return answer_from($asking)->{status} if $ready == $asking;
    my ($second, $other, $answer) = accept_tunnel($asking, $listener);
    return $answer =~ m{^HTTP/1.1 (\d+)} ? $1 : $answer;
}

# Whether its client is counted.
sub client {
    my $requests = sub {
        my $sum = 0;
        my $clients = body('/status?format=json')->{clients} || [];
        $sum += $_->{requests} for map { @{ $_->{largest} } } @$clients;
        return $sum;
    };
    my $before = $requests->();
    status($_[0]);
    return $requests->() > $before ? 'counted' : 'not';
}

# What the access log says of a tunnel, once it has ended.
sub logged_as {
    my ($path) = @_;
    close $_ for (open_tunnel($server, $listener, path => $path))[0, 1];
    my @lines;
    eventually(sub {
        @lines = map { m{^\Q$path\E (\S+)$} ? $1 : () } split /\n/, $server->file('access_log');
        @lines && $lines[-1] ne 'open';
    });
    return join ' ', map { $_ eq 'open' ? 'open' : 'end' } @lines;
}

# directive => [what else the outer section says, what the directive says there and in the inner one, what
# shows it, as the outer one and as the inner one]
my %sections = (
    UpgradeRequire => ['', 'HTTP/2', 'WebSocket', \&reason, 'http-version', 'websocket-missing'],
    # With a requirement stated anew its exceptions are, too: config.t has those that are added.
    UpgradeExcept => [$socket, q("%{QUERY_STRING} == 'outer'"), q("%{QUERY_STRING} == 'inner'"),
        \&excepted, '404 426', '404 404'],
    UpgradeMode => [$socket, 'off', 'enforce', \&status, 404, 426],
    UpgradeBrownout => ["$socket\nUpgradeMode enforce from=2099-01-01T00:00:00Z",
        '2020-01-01T00:00:00Z/2098-01-01T00:00:00Z', '2098-02-01T00:00:00Z/P1D', \&status, 426, 404],
    UpgradeGuide       => [$socket, '/outer', '/inner', \&guide, '/outer', '/inner'],
    UpgradeMessage     => [$socket, '"Outer words."', '"Inner words."', \&detail, 'Outer words.',
        'Inner words.'],
    UpgradeName        => [$socket, 'outer', 'inner', \&policy, 'outer', 'inner'],
    UpgradeRedirect    => ['UpgradeRequire TLS', 'permanent', 'off', \&status, 308, 426],
    UpgradeAdvertise   => [$socket, 'off', 'on', \&status, 403, 426],
    UpgradeHTTP2Answer => [$socket, '403', '426', \&over_http2, 403, 426],
    UpgradeCountClients => [$socket, 'on', 'off', \&client, 'counted', 'not'],
    UpgradePhrase      => [$socket, 'on', 'off', \&phrase, 'WebSocket required', 'Upgrade Required'],
    UpgradeWebSocketOrigin => [$socket, 'http://outer.test', 'http://inner.test',
        handshake_with('Origin: http://inner.test'), 403, 404],
    UpgradeWebSocketProtocol => [$socket, 'outer', 'inner', handshake_with('Sec-WebSocket-Protocol: inner'),
        400, 404],
    UpgradeKeep       => [$proxied, 'WebSocket', 'none', \&kept, 'kept', 'dropped'],
    UpgradeTunnel     => ["$proxied\nUpgradeKeep WebSocket", 'event', 'thread', \&carrier, 'event', 'thread'],
    UpgradeTunnelIdle => [$event, 1, 3600, \&stirs, 'stirs', 'quiet'],
    UpgradeTunnelPing => [$event, 1, 3600, \&stirs, 'stirs', 'quiet'],
    UpgradeTunnelAge  => [$event, '1 jitter=0', 3600, \&stirs, 'stirs', 'quiet'],
    UpgradeTunnelMessageMax => [$event, 9, 10, \&message, 'stopped', 'passes'],
    UpgradeTunnelPerClient  => [$event, 1, 2, \&second, 429, 101],
    UpgradeTunnelLogOpen    => [$event, 'on', 'off', \&logged_as, 'open end', 'end'],
);
my %later = (UpgradeTunnelIdle => 2, UpgradeTunnelPing => 2, UpgradeTunnelAge => '2 jitter=0');

# What the inner section says that keeps the outer one's: something else of the same module.
my %else = (UpgradeName => 'UpgradeGuide /',
    map { ($_ => 'UpgradeTunnelLogOpen off') } grep { /Keep|Tunnel/ } keys %sections);
$else{UpgradeTunnelLogOpen} = 'UpgradeTunnelIdle 3600';

sub section { my ($path, @lines) = @_; return join "\n", "<Location /$path>", @lines, '</Location>', '' }

my $text = "Protocols h2c http/1.1\nAsyncRequestWorkerFactor 10\n"
    . "LogFormat '%U %{UPGRADE_TUNNEL}e' tunnels\nCustomLog access_log tunnels\n"
    . section('status', 'SetHandler upgrade-status');
$text .= section("later/$_", $event, "$_ $later{$_}") for sort keys %later;
for my $directive (sort keys %sections) {
    my ($more, $outer, $inner) = @{ $sections{$directive} };
    $text .= section("unsaid/$directive", $more)
      . section($directive, $more, "$directive $outer")
      . section("$directive/silent", $else{$directive} // 'UpgradeName silent')
      . section("$directive/own", "$directive $inner");
}
$server->configure($text)->start;
my (undef, $listed) = $server->httpd('-L');
my @directives = $listed =~ /^(Upgrade\w+) \(mod_upgrade_\w+\.c\)$/mg;

# Where nobody has said it, where the outer section says it, and in two inner ones
sub paths {
    my ($directive) = @_;
    return map { "/$_/x" } "unsaid/$directive", $directive, "$directive/silent", "$directive/own";
}

my @slow  = grep { $sections{$_}[3] == \&stirs } sort keys %sections;
my @quick = grep { $sections{$_}[3] != \&stirs } sort keys %sections;
watch($_) for map { paths($_) } @slow;
for my $directive (@slow, @quick) {
    my (undef, undef, undef, $shown, $outer, $inner) = @{ $sections{$directive} };
    my ($unsaid, $said, $silent, $own) = map { $shown->($_) } paths($directive);
    isnt $unsaid, $outer, "$directive: what it says is seen";
    is $said,   $outer, "$directive: said";
    is $silent, $outer, "$directive: kept";
    is $own,    $inner, "$directive: replaced";
}
$server->stop;

# The same of servers: what the main one says, what a virtual host says, and what shows it.
my %servers = (
    UpgradeFloor => ['', 'HTTP/2', 'TLS', '', 'http-version', 'tls-missing'],
    UpgradeFloorExcept => ['UpgradeFloor TLS', q("%{REQUEST_URI} == '/outer'"), q("%{REQUEST_URI} == '/x'"),
        '', 'tls-missing', undef],
    UpgradeTrustedProxy => ['UpgradeFloor HTTP/2', '127.0.0.1 http=X-HTTP', '127.0.0.1 http=X-Other',
        'X-HTTP: 2', undef, 'http-version'],
);

for my $directive (sort keys %servers) {
    my ($more, $outer, $inner, $line, @shown) = @{ $servers{$directive} };
    my $own = Server->new(modules => [qw(authz_core alias dir)]);
    my $host = sub { "<VirtualHost *:$own->{port}>\nServerName $_[0]\n$_[1]\n</VirtualHost>\n" };
    # One that says nothing at all has the main server's, and nothing is merged.
    my $other = $directive eq 'UpgradeTrustedProxy' ? 'UpgradeFloorExcept false'
      : 'UpgradeTrustedProxy 192.0.2.1 http=X-HTTP';
    $own->configure("$more\n$directive $outer\n" . $host->('silent.test', $other)
          . $host->('own.test', "$directive $inner"))->start;
    for my $name (qw(silent.test own.test)) {
        my $answer = $own->ask('GET /x HTTP/1.1', "Host: $name", $line || ());
        my $want = shift @shown;
        is $answer->{status} == 404 ? undef : json_of($answer)->{reason}, $want, "$directive: $name";
    }
    $own->stop;
}

# What is there once for the whole server cannot be said anew.
my @global = qw(UpgradeTunnelMax UpgradeTunnelDrain);
for my $directive (@global) {
    my $own = Server->new(modules => [qw(authz_core alias dir proxy proxy_http)], helper => 1);
    my ($status, $output) = $own->configure("<VirtualHost *:1>\n$directive 1\n</VirtualHost>")->httpd('-t');
    isnt $status, 0, "$directive: not in a virtual host";
    like $output, qr/$directive cannot occur within <VirtualHost> section/, "$directive: and why";
}

is_deeply [sort keys %sections, keys %servers, @global], [sort @directives], 'each directive has a row';

done_testing;
