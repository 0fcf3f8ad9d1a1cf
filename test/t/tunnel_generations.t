# Children that wait for their tunnels keep places that others need: the oldest go before the server
# has none left. All servers here do so side by side.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Generations;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

sub close_all { close $_ for map { @$_[0, 1] } @_; return }

# Where there is room nothing is ended.
my $roomy = generations(16, '')->start;
like $roomy->log, qr/\[\w+:notice\] .*UR0023: .* has slots for 7 generations of 2 children/,
  'the start tells for how many generations there is room';
my @kept;
for (1 .. 5) {
    push @kept, open_here($roomy);
    $roomy->graceful;
}

# One child a generation, and four places: three generations wait, one serves, and the next reload needs one
# more place.
my $exact = generations(4, '', children => 1)->start;
my @exact;
for (1 .. 3) {
    push @exact, [map { open_here($exact) } 1 .. 2];
    $exact->graceful;
}

# Every request between two reloads is answered, whatever becomes of tunnels; also when a drain has been said
# to take long.
{
    my $reloads = $ENV{UPGRADE_TEST_GENERATIONS} || 4;
    my $places = qr/UR0023: .* ServerLimit \(now 4\) has slots for 1 generation of 2 children .*; raise it/;
    my %servers = ('no drain' => '', 'UpgradeTunnelDrain 3600' => "UpgradeTunnelDrain 3600\n");
    $_ = { server => generations(4, $_)->start } for values %servers;
    for my $reload (1 .. $reloads) {
        for my $of (values %servers) {
            push @{ $of->{old} }, map { open_here($of->{server}) } 1 .. 4;
            $of->{server}->graceful;
        }
        $_->{statuses}{ answered($_->{server}) }++ for values %servers;
    }
    $_->{new} = open_here($_->{server}) for values %servers;
    for my $name (sort keys %servers) {
        my ($server, $old, $new) = @{ $servers{$name} }{qw(server old new)};
        like $server->log, qr/\[\w+:warn\] .*$places/,
          "$name: the start warns that there is room for few generations";
        is_deeply $servers{$name}{statuses}, { 200 => $reloads },
          "$name: $reloads reloads with tunnels in each generation: each request is answered";
        alive(@$new, "$name: those of the running generation go on");
        ok told($old->[0]), "$name: the oldest is told so with 1001";
        my $counted = sub {
            my $of   = tunnels_of($server);
            my $over = grep { is_over($_) } @$old;
            return $of->{drained} == $over && $of->{all_ended} == $over;
        };
        ok eventually($counted), "$name: those that are ended are counted as drained";
        my @over = grep { is_over($_) } @$old[1 .. $#$old];
        is scalar(grep { !told($_) } @over), 0, "$name: and each was told so";
        my $why = qr/ends its \d+ tunnels within \d+ seconds: .* \(ServerLimit: 4, 0 free, 2 needed/;
        like $server->log, qr/UR0022: a child of generation \d+ $why/, "$name: the log says why";
        close_all(@$old, $new);
        $server->stop;
    }
}

{
    my ($oldest, @younger) = @exact;
    is scalar(grep { !told($_) } @$oldest), 0, 'the oldest generation has to go: its tunnels are told';
    ok eventually(sub { $exact->children == 3 }), 'and its child goes';
    alive(@$_, 'the others wait: no more go than are needed') for map { @$_ } @younger;
    my @said = $exact->log =~ /UR0022: a child of generation (\d+) ends its 2 tunnels within 10 seconds/g;
    is "@said", 0, 'and the log says so of the oldest only';
    close_all(map { @$_ } @exact);
    $exact->stop;
}

alive(@$_, 'a tunnel goes on over reloads that leave places') for @kept;
unlike $roomy->log, qr/UR0022/, 'and nothing is said';
close_all(@kept);
$roomy->stop;

# The start says when a drain may be too much for the workers.
{
    my $server = generations(16, "UpgradeTunnelDrain 5\n")->start;
    like $server->log,
      qr/UR0024: UpgradeTunnelDrain 5: .* more .* than it has workers \(4\), .*; use at least 51/,
      'a short drain is told of';
    $server->stop;
    $server = generations(16, "UpgradeTunnelDrain 51\n")->start;
    unlike $server->log, qr/UR0024/, 'a longer one is not';
    $server->stop;
}

done_testing;
