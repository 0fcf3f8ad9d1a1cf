# Large messages through event tunnels: between plain ends their payloads go through a pipe in the kernel,
# which all
# tunnels of a thread share. Nothing is lost, kept or mixed up, also when the pipe or a socket does only half
# of it.
use strict;
use warnings;
use Test::More;
use Digest::SHA qw(sha256_hex);
use Socket qw(SOL_SOCKET SO_LINGER);
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;
my $socket_path = Apache::Test::vars('t_logs') . "/backend$$";
my $unix = backend($socket_path);
chmod 0777, $socket_path;

sub server {
    my ($call) = @_;
    my $tls = free_port();
    my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
    my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END");
@{[ workers(4) ]}
AsyncRequestWorkerFactor 200
LogFormat "%>s %{UPGRADE_TUNNEL}e" tunnels
CustomLog access_log tunnels
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /unix unix:$socket_path|http://unix.test/
ProxyPass /tls https://127.0.0.1:$port/
@{[ PROXY_TLS ]}
<LocationMatch ^/(ws|unix|tls)>
UpgradeKeep WebSocket
UpgradeTunnel event
</LocationMatch>
<Location /status>
SetHandler upgrade-status
</Location>
@{[ tls_host($tls) ]}
END
    $server->{tls} = $tls;
    $server->{switch} = "$server->{folder}/fault";
    local @ENV{qw(UPGRADE_FAULT_CALL UPGRADE_FAULT_SWITCH UPGRADE_PRELOAD)} =
      ($call, $server->{switch}, Server::fault('refuse'))
      if $call;
    return $server->start;
}

sub failing {
    my ($server) = @_;
    open my $file, '>', $server->{switch} or die $!;
    return chmod 0644, $server->{switch};
}

# Frames of these sizes, whose bytes no other tunnel and no other place has.
my $serial = 0;

sub message {
    my ($make, @sizes) = @_;
    my $bytes = '';
    for my $size (@sizes) {
        my $from = ++$serial * 10_000_000;
        $bytes .= $make->(substr pack('N*', $from .. $from + $size / 4), 0, $size);
    }
    return $bytes;
}

# Around what is read at a time, what goes through the pipe, and what a small frame follows.
my @sizes = (100_000, 65_536, 65_535, 10, 65_537, 16_383, 131_072, 0, 81_920, 300_000, 5, 70_000, 2_000_000,
    20, 49_152,
    1_000_000);

# Sends on each way at once and returns what arrived. Nothing is read before all of them are held up.
sub carry_all {
    my (@ways) = @_;
    my (@sent, @got);
    my ($idle, $reading) = (0, 0);
    my $deadline = time + Wire::LIMIT;
    $_->blocking(0) for map { @$_[0, 1] } @ways;
    while (time < $deadline) {
        my $moved = 0;
        for my $i (0 .. $#ways) {
            my ($from, $to, $bytes) = @{ $ways[$i] };
            $got[$i] //= '';
            $sent[$i] += syswrite($from, $bytes, 1 << 17, $sent[$i]) || 0
                if ($sent[$i] //= 0) < length $bytes;
            $moved += $sent[$i];
            next if !$reading;
            sysread $to, $got[$i], 1 << 18, length $got[$i];
            $moved += length $got[$i];
        }
        last if !grep { length $got[$_] < length $ways[$_][2] } 0 .. $#ways;
        $idle = $moved == ($ways[0][3] // -1) ? $idle + 1 : 0;
        $ways[0][3] = $moved;
        $reading ||= $idle > 20;
        select undef, undef, undef, 0.002 if $idle;
    }
    $_->blocking(1) for map { @$_[0, 1] } @ways;
    return @got;
}

my @kinds = (
    ['plain',       {}],
    ['another',     {}],
    ['TLS client',  { tls => { SSL_version => 'TLSv1_3' } }],
    ['unix',        { path => '/unix', from => $unix }],
    ['TLS backend', { path => '/tls', backend_tls => { certificate() } }],
);

sub arrives {
    my ($from, $to, $bytes, $what) = @_;
    return is sha256_hex(carry($from, $to, $bytes)), sha256_hex($bytes), $what;
}

# Whether all bytes of all kinds arrive, both ways.
sub all_arrives {
    my ($server, $what) = @_;
    my @open;
    for my $kind (@kinds) {
        my ($name, $option) = @$kind;
        push @open, [$name, open_tunnel($server, $option->{from} || $listener,
            port => $option->{tls} && $server->{tls}, %$option)];
    }
    for my $way ('up', 'down') {
        my @order = map { ($_ * 7 + 3) % @sizes } 0 .. $#sizes;
        my @ways = map {
            my (undef, $client, $backend) = @$_;
            $way eq 'up' ? [$client, $backend, message(\&masked, @sizes, @sizes[@order])]
              : [$backend, $client, message(\&frame, @sizes, @sizes[@order])];
        } @open;
        my @got = carry_all(@ways);
        is sha256_hex($got[$_]), sha256_hex($ways[$_][2]), "$what: all arrives, $open[$_][0] $way"
            for 0 .. $#open;
    }
    alive(@$_[1, 2], "$what: and it goes on, $_->[0]") for @open;
    close $_ for map { @$_[1, 2] } @open;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$what: all have ended";
    return;
}

my @stopped;
for my $call (undef, 'splice', 'splice_short') {
    my $server = server($call);
    failing($server) if $call;
    all_arrives($server, $call // 'nothing fails');
    push @stopped, $server->stop;
}

# Pages that the server's children have been given up to now
sub faults {
    my ($server) = @_;
    my $sum = 0;
    for my $pid ($server->children) {
        open my $stat, '<', "/proc/$pid/stat" or next;
        $sum += $1 if (<$stat> // '') =~ /\) \S(?: \S+){6} (\d+) /;
    }
    return $sum;
}

# What ends right behind the last message has sent it; and a message maps no memory, whatever its size.
{
    my $server = server();
    for my $kind (@kinds) {
        my ($name, $option) = @$kind;
        my @options = (port => $option->{tls} && $server->{tls}, %$option);
        for my $way ('up', 'down') {
            for my $size (1, 8_000, 16_384, 65_536, 200_000) {
                my ($client, $backend) = open_tunnel($server, $option->{from} || $listener, @options);
                my ($from, $to, $make) = $way eq 'up' ? ($client, $backend, \&masked)
                    : ($backend, $client, \&frame);
                my $bytes = message($make, $size);
                die $! if !defined(my $sender = fork);
                if (!$sender) {
                    # In a process of its own: this one reads.
                    print $from $bytes;
                    $from->flush;
                    $from->can('stop_SSL') ? $from->stop_SSL(SSL_fast_shutdown => 1) : shutdown $from, 1;
                    require POSIX;
                    POSIX::_exit(0);
                }
                is sha256_hex(receive($to, length $bytes)), sha256_hex($bytes), "$name, $way: $size bytes";
                ok ended($to), "$name, $way: and the end";
                waitpid $sender, 0;
                close $_ for $from, $to;
            }
        }
        my ($client, $backend) = open_tunnel($server, $option->{from} || $listener, @options);
        for my $size (100, 1_000, 20_000, 100_000) {
            my $before;
            for my $turn (1 .. 60) {
                $before = faults($server) if $turn == 11;
                my $bytes = message(\&masked, $size);
                carry($client, $backend, $bytes) eq $bytes or die "$name: a message is lost";
                carry($backend, $client, $bytes) eq $bytes or die "$name: a message is lost";
            }
            my $given = faults($server) - $before;
            cmp_ok $given, '<', 50, "$name: 50 messages of $size bytes there and back, $given pages"
              unless $ENV{UPGRADE_TEST_MODULE} =~ /[at]san/;
        }
        close $_ for $client, $backend;
    }
    push @stopped, $server->stop;
}

# The pipe is used: a call that only it needs ends the tunnel of a large frame, and no other's. All pipes of a
# child
# are used after it: there are at most four, and tunnels take turns.
{
    my $server = server('splice_out');
    my @others = map { [open_tunnel($server, $listener)] } 1 .. 4;
    my @large = open_tunnel($server, $listener);
    arrives(@large[1, 0], message(\&frame, 300_000), 'a large frame');
    failing($server);
    arrives(@large[1, 0], message(\&frame, 16_000), 'one that is not large arrives');
    syswrite $large[1], message(\&frame, 200_000);
    receive($large[0], 300_000);
    ok ended($large[0]), 'a large one does not: its client is gone, as far as the pipe tells';
    unlink $server->{switch};
    arrives(@$_[1, 0], message(\&frame, @sizes), 'and of it nothing comes out in another tunnel') for @others;
    push @stopped, $server->stop;
}

# A pipe that keeps something is never used again; its tunnel ends, and those after it go by the buffer.
{
    my $server = server('read');
    my @broken = map { [open_tunnel($server, $listener)] } 1 .. 4;
    failing($server);
    my $lost = 0;
    for my $tunnel (@broken) {
        syswrite $tunnel->[1], message(\&frame, 200_000);
        $lost += length receive($tunnel->[0], 200_010) < 200_010;
    }
    cmp_ok $lost, '>', 0, 'what is left in a pipe is lost, and its tunnel with it';
    my @other = open_tunnel($server, $listener);
    arrives(@other[1, 0], message(\&frame, @sizes), 'all of another tunnel arrives, and nothing else');
    push @stopped, $server->stop;
}

# A client that goes in the middle of a large frame
{
    my $server = server();
    my @other = open_tunnel($server, $listener);
    for my $turn (1 .. 20) {
        my ($client, $backend) = open_tunnel($server, $listener);
        $backend->blocking(0);
        syswrite $backend, message(\&frame, 3_000_000);
        receive($client, 100_000);
        setsockopt $client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
        close $client;
        close $backend;
    }
    ok eventually(sub { tunnels_of($server)->{open} == 1 }),
        'clients that go in the middle of a frame: all have ended';
    arrives(@other[0, 1], message(\&masked, @sizes), 'and another tunnel gets nothing of it');
    push @stopped, $server->stop;
}

# Children that crash say so in the log, which build/test looks at.
$_->finish for @stopped;

done_testing;
