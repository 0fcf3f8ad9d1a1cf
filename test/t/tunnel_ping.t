# Pings of the proxy's own: who gets them and where, which Pongs are swallowed and which are not, and who is
# given up.
use strict;
use warnings;
use Test::More;
use FindBin;
use IO::Select ();
use POSIX      ();
use Socket     ();
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;
my $secure = free_port();

my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END")->start;
@{[ workers(8) ]}
AsyncRequestWorkerFactor 100
LogFormat "%>s %U %{UPGRADE_TUNNEL}e" tunnels
CustomLog access_log tunnels
UpgradeKeep WebSocket
UpgradeTunnel event
UpgradeTunnelPing 1 unanswered=100
ProxyPass /tls https://127.0.0.1:$port/
ProxyPassMatch ^/(client|both|given|off)(/.*)?\$ http://127.0.0.1:$port/
@{[ PROXY_TLS ]}
<LocationMatch ^/(both|tls)>
UpgradeTunnelIdle 5
UpgradeTunnelPing 1 to=both unanswered=100
</LocationMatch>
<Location /given/client>
UpgradeTunnelPing 1 to=client
</Location>
<Location /given/backend>
UpgradeTunnelPing 1 to=backend unanswered=1
</Location>
<Location /off>
UpgradeTunnelPing none
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
@{[ tls_host($secure) ]}
END

# The next frame: (first byte, payload, whether it is masked)
sub next_frame {
    my ($socket) = @_;
    my ($first, $length) = unpack 'CC', receive($socket, 2);
    defined $length or return;
    my $masked = $length & 0x80;
    $length &= 0x7f;
    $length = unpack $length == 126 ? 'n' : 'Q>', receive($socket, $length == 126 ? 2 : 8) if $length >= 126;
    my $key = $masked ? receive($socket, 4) : '';
    my $payload = receive($socket, $length);
    $payload ^= substr $key x ($length / 4 + 1), 0, $length if $masked;
    return ($first, $payload, $masked ? 1 : 0);
}

# The payload of the next frame that is no Ping
sub next_message {
    my ($socket) = @_;
    my ($first, $payload);
    do { ($first, $payload) = next_frame($socket) } while ($first // 0) == 0x89;
    return $payload;
}

# A control frame; what a client sends is masked.
sub control {
    my ($kind, $payload, $masked) = @_;
    return chr(0x80 | $kind) . chr(length $payload) . $payload if !$masked;
    return chr(0x80 | $kind) . chr(0x80 | length $payload) . 'KEY!'
      . ($payload ^ substr 'KEY!' x 40, 0, length $payload);
}

# The payload of a Ping, which has to be the next frame.
sub pinged {
    my ($socket, $masked, $what) = @_;
    my ($first, $payload, $was_masked) = next_frame($socket);
    ok $first == 0x89 && length $payload == 8 && $was_masked == $masked, $what;
    return $payload;
}

sub pings {
    my $json = Wire::json_of($server->ask('GET /status?format=json HTTP/1.1'));
    return $json->{tunnels}{pings};
}

sub silent { return !IO::Select->new($_[0])->can_read(0) }

my %tls = (port => $secure, tls => { SSL_version => 'TLSv1_3' });
my %open = (
    plain => [open_tunnel($server, $listener, path => '/both')],
    'TLS client' => [open_tunnel($server, $listener, path => '/both', %tls)],
    'TLS backend' => [open_tunnel($server, $listener, path => '/tls', backend_tls => { certificate() })],
);
my @off = open_tunnel($server, $listener, path => '/off');
my @gone = map { [open_tunnel($server, $listener, path => "/given/$_")] } qw(client backend);
my @within = open_tunnel($server, $listener, path => '/client');
my @fragments = open_tunnel($server, $listener, path => '/client');
my @broken = open_tunnel($server, $listener, path => '/client');
my @full = open_tunnel($server, $listener, path => '/client');

# What is under way when the Pings become due
my $message = frame('the end of a long frame');
syswrite $within[1], substr $message, 0, 9;
is receive($within[0], 9), substr($message, 0, 9), 'the beginning of a frame comes';
syswrite $fragments[1], "\x01\x03one";
is receive($fragments[0], 5), "\x01\x03one", 'a fragment comes';
syswrite $broken[1], masked('masked by a backend');
is receive($broken[0], length masked('masked by a backend')), masked('masked by a backend'),
    'what is no frame comes';
$full[1]->blocking(0);
my $whole = frame('x' x 65_000);
my $flood = 0;
while ($flood < 50_000_000) {
    my $sent = syswrite $full[1], $whole, length $whole, $flood % length $whole;
    $flood += $sent // 0;
    last if !$sent && !IO::Select->new($full[1])->can_write(1);
}

# Each side of each kind is pinged, again and again, and the other one never knows.
my %payloads;
for my $round (1 .. 3) {
    for my $name (sort keys %open) {
        for my $side (0, 1) {
            my ($socket, $other) = @{ $open{$name} }[$side, !$side];
            my $who = ('client', 'backend')[$side];
            my $payload = pinged($socket, $side, "$name, $who: Ping $round");
            $payloads{$payload}++;
            syswrite $socket, control(0xa, $payload, !$side) if $round < 3;
        }
    }
}
is scalar(keys %payloads), 18, 'no two have the same payload';

# The third Ping of each is not answered, and there may be more: only what the other side says goes through.
for my $name (sort keys %open) {
    for my $side (0, 1) {
        my ($socket, $other) = @{ $open{$name} }[$side, !$side];
        syswrite $other, $side ? masked('still there') : frame('still there');
        is next_message($socket), 'still there', "$name: goes on, over more than UpgradeTunnelIdle";
    }
}

# Who does not say a byte is given up, and both are told.
{
    my ($client, $backend) = @{ $gone[0] };
    pinged($client, 0, "silent client: Ping $_") for 1, 2;
    is receive($client, 100), close_frame(1001), 'silent client: then 1001, and the end';
    is length receive($backend, 100), 8, 'silent client: the backend is told too';
    ($client, $backend) = @{ $gone[1] };
    pinged($backend, 1, 'silent backend: a Ping');
    is length receive($backend, 100), 8, 'silent backend: then a Close, and the end';
    is receive($client, 100), close_frame(1001), 'silent backend: the client is told too';
}

# Nothing in the middle of a frame, nor where there are none; but between fragments
syswrite $within[1], substr $message, 9;
is receive($within[0], length($message) - 9), substr($message, 9), 'within a frame there is no Ping';
pinged($within[0], 0, 'there is one as soon as the frame ends');
pinged($fragments[0], 0, 'between fragments there is one');
syswrite $fragments[1], "\x80\x03two";
is next_message($fragments[0]), 'two', 'and the message goes on';
ok silent($broken[0]), 'none after what is no frame';
ok silent($off[0]) && silent($off[1]), 'none where there are to be none';

# A side that takes nothing gets none, and what it takes in the end is whole.
{
    my ($client, $backend) = @full;
    $backend->blocking(1);
    my ($got, $pings, $frames) = ('', 0, 0);
    my $rest = $flood % length $whole;
    my $pid = fork // die $!;
    if (!$pid) { syswrite $backend, $whole, length $whole, $rest if $rest; POSIX::_exit(0) }
    while ($frames < int($flood / length $whole) + ($rest ? 1 : 0)) {
        my ($kind, $bytes) = next_frame($client);
        defined $kind or last;
        $kind == 0x89 ? $pings++ : $frames++;
        $got .= $kind == 0x82 && $bytes eq 'x' x 65_000 ? '' : 'wrong ' if $kind != 0x89;
    }
    waitpid $pid, 0;
    is $got, '', "$frames frames that had to wait come whole, with $pings Pings among them";
    cmp_ok $frames, '>', 10, 'and they are many';
    cmp_ok $pings, '<=', 2, 'while a side takes nothing it is not pinged';
}

# Pongs that answer nothing pass, and in order: 10,000 of them, and the one that does
{
    my ($client, $backend) = open_tunnel($server, $listener, path => '/client');
    my $payload = pinged($client, 0, 'a Ping to guess at');
    my $number = unpack 'Q>', $payload;
    my @guesses = (map { pack 'Q>', $number + $_ } 1 .. 3000, map { -$_ } 1 .. 3000);
    push @guesses, map { join '', map { chr int rand 256 } 1 .. 8 } 1 .. 2000;
    push @guesses, map { substr $payload, 0, $_ } 0 .. 7;
    push @guesses, "$payload.", 'x' x 125, reverse($payload) . '', $payload ^ ("\x80" . "\0" x 7);
    @guesses = grep { $_ ne $payload } @guesses;
    push @guesses, $guesses[0] while @guesses < 10_000;
    my $before = join '', map { control(0xa, $_, 1) } @guesses;
    my $after = control(9, $payload, 1) . masked($payload) . control(0xa, $payload, 1);
    my $pid = fork // die $!;
    if (!$pid) {
        syswrite $client, $before . control(0xa, $payload, 1) . $after;
        POSIX::_exit(0);
    }
    my $got = receive($backend, length "$before$after");
    waitpid $pid, 0;
    ok $got eq "$before$after",
        '10,000 guesses pass, the answer does not; then a Ping, a message and another Pong like it pass';
    close $_ for $client, $backend;
}

# In pieces of one byte
{
    my ($client, $backend) = open_tunnel($server, $listener, path => '/client');
    $client->setsockopt(Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1);
    my $payload = pinged($client, 0, 'a Ping to answer in pieces');
    my $long = control(0xa, 'x' x 125, 1);
    my $near = control(0xa, substr($payload, 0, 7) . chr(1 ^ ord substr $payload, 7), 1);
    my $answer = control(0xa, $payload, 1);
    syswrite $client, $_ for split //, $long . $near . $answer . $near . masked('up');
    is unpack('H*', receive($backend, length "$long$near$near" . masked('up'))),
        unpack('H*', "$long$near$near" . masked('up')), 'a Pong in pieces passes, and the answer does not';
    close $_ for $client, $backend;
}

my $pings = pings();
cmp_ok $pings->{sent}, '>=', 18, "sent: $pings->{sent}";
cmp_ok $pings->{answered}, '>=', 12 + 2, "answered: $pings->{answered}";
cmp_ok $pings->{unanswered}, '>=', 3, "unanswered: $pings->{unanswered}";
cmp_ok $pings->{answered} + $pings->{unanswered}, '<=', $pings->{sent}, 'and the sum is right';
is tunnels_of($server)->{timeout}, 2, 'two tunnels have ended for that';
my @given = sort map { join ' ', (split)[1, 2] } grep { m{/given/} } logged($server, 4);
is_deeply \@given, ['/given/backend timeout', '/given/client timeout'], 'and are logged so';
close $_ for (map { @$_[0, 1] } values %open, @gone),
    map { @$_[0, 1] } \(@off, @within, @fragments, @broken, @full);
unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;
