# Many tunnels that end in every way, most of them event tunnels: each is logged once, as it is counted, and
# nothing is left behind.
# UPGRADE_TEST_CHURN=100000 for as many.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $count = $ENV{UPGRADE_TEST_CHURN} || 1000;
my $processes = 2;
my $server = Server->new(modules => [qw(authz_core alias dir setenvif proxy proxy_http status)], helper => 1);

# A frame of 5000 bytes that nobody reads
my $unread = 'x' x 5000;

# Each leaves nothing open on the test's side.
my %ends = (
    'closed by the client'  => sub { my ($c, $b) = @_; close $c; ended($b); close $b },
    'closed by the backend' => sub { my ($c, $b) = @_; close $b; ended($c); close $c },
    'reset by the client'   => sub { my ($c, $b) = @_; reset_by($c); ended($b); close $b },
    'reset by the backend'  => sub { my ($c, $b) = @_; reset_by($b); ended($c); close $c },
    'both at once'          => sub { my ($c, $b) = @_; close $c; close $b },
    'half-closed by the client' => sub {
        my ($c, $b) = @_;
        shutdown $c, 1;
        ended($b);
        syswrite $b, frame('x');
        receive($c, 3);
        close $_ for $b, $c;
    },
    'half-closed by the backend' => sub {
        my ($c, $b) = @_;
        shutdown $b, 1;
        ended($c);
        syswrite $c, masked('x');
        receive($b, 7);
        close $_ for $c, $b;
    },
    'reset by the client with data under way' => sub {
        my ($c, $b) = @_;
        syswrite $b, frame($unread);
        reset_by($c);
        close $b;
    },
    'reset by the backend with data under way' => sub {
        my ($c, $b) = @_;
        syswrite $c, masked($unread);
        reset_by($b);
        close $c;
    },
    'with a Close of the client' => sub {
        my ($c, $b) = @_;
        syswrite $c, close_frame(1000, '', 'mask');
        receive($b, 8);
        close $b;
        ended($c);
        close $c;
    },
    'with a Close of the backend' => sub {
        my ($c, $b) = @_;
        syswrite $b, close_frame(1001);
        receive($c, 4);
        close $c;
        ended($b);
        close $b;
    },
);
my @ends = map { $ends{$_} } sort keys %ends;

sub lines {
    open my $file, '<', "$server->{folder}/access_log" or return;
    return map { [split] } <$file>;
}

# One process: numbers from, from + step, ... below the end. Some are left alone until silence ends them.
sub churn {
    my ($listener, $path, $from, $step, $below) = @_;
    my @silent;
    for (my $number = $from; $number < $below; $number += $step) {
        my $carried = $number % 7 == 6 ? '/thread' : '';
        my ($client, $backend) = open_tunnel($server, $listener, path => "$path$carried",
            lines => ["X-Number: $number"]);
        if ($number / $step % 50 == 49 && !$carried) { push @silent, [$client, $backend] }
        else { $ends[$number / $step % @ends]->($client, $backend) }
        if (@silent > 200) { ended($_->[0]) && ended($_->[1]) for splice @silent, 0, 100 }
    }
    ended($_->[0]) && ended($_->[1]) for @silent;
    return;
}

my @listeners = map { backend() } 1 .. $processes;
my @ports  = map { $_->sockport } @listeners;
my $routes = join "\n", map { "ProxyPass /ws$_ http://127.0.0.1:$ports[$_]/" } 0 .. $#ports;
$server->configure(<<"END")->start;
@{[ workers(8) ]}
AsyncRequestWorkerFactor 1000
Timeout 2
LogLevel info upgrade_wstunnel:debug
SetEnvIf X-Number "(.+)" number=\$1
LogFormat "%>s %{UPGRADE_TUNNEL}e %{number}e" tunnels
CustomLog access_log tunnels env=number
$routes
<LocationMatch ^/ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</LocationMatch>
<LocationMatch /thread\$>
UpgradeTunnel thread
</LocationMatch>
<Location /status>
SetHandler upgrade-status
</Location>
END

sub run {
    my ($from, $below) = @_;
    my @children;
    for my $process (0 .. $processes - 1) {
        my $child = fork // die $!;
        if (!$child) {
            churn($listeners[$process], "/ws$process", $from + $process, $processes, $below);
            require POSIX;
            POSIX::_exit(0);
        }
        push @children, $child;
    }
    waitpid $_, 0 for @children;
    return eventually(sub { tunnels_of($server)->{open} == 0 });
}

ok run(0, 400), 'a first part ends';
eventually(sub { lines() >= 400 });
my ($files, $memory) = belongings($server);
ok run(400, 400 + $count), "$count tunnels end in " . (@ends + 1) . ' ways';
ok eventually(sub { lines() >= 400 + $count }), 'all of them are logged';
my %times;
$times{ $_->[2] }++ for grep { $_->[0] eq '101' } lines();
is scalar(keys %times), 400 + $count, 'each of them';
is scalar(grep { $_ != 1 } values %times), 0, 'once';
ok eventually(sub { (belongings($server))[0] <= $files }), 'no descriptor is left behind';
my $grown = (belongings($server))[1] - $memory;
cmp_ok $grown, '<', 4096, "no memory is: $grown KB more" unless $ENV{UPGRADE_TEST_MODULE} =~ /[at]san/;
my %outcomes;
$outcomes{ $_->[1] }++ for lines();
diag join ', ', map { "$_ $outcomes{$_}" } sort keys %outcomes;
is join(' ', grep { !/^(?:closed|client|backend|timeout)$/ } keys %outcomes), '',
    'and every outcome is one of those that can be';
my $books = tunnels_of($server);
is $books->{opened}, 400 + $count, 'as many are counted as opened';
cmp_ok $books->{by}{thread}, '>', 0, 'some of them by threads';
is_deeply { map { ($_ => $books->{$_}) } keys %outcomes }, \%outcomes,
    'and as many as ended in each way as are logged';
is $books->{all_ended}, 400 + $count, 'and no others';
unlike $server->log, qr/UR0020/, 'the MPM tells of each connection that it has let go of it';
$server->stop;

done_testing;
