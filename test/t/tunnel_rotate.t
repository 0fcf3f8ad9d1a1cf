# Where the lines of event tunnels go whose children are older than the log file.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir setenvif proxy proxy_http);
my $listener = backend();
my $port     = $listener->sockport;
my ($rotatelogs) = grep { -x } map { "$_/rotatelogs" } split(/:/, $ENV{PATH}), '/usr/sbin';
$rotatelogs or die 'no rotatelogs: build/packages names its package';

# log: the value of CustomLog, in which FOLDER is the server's.
sub server {
    my ($log, $text) = @_;
    my $server = Server->new(modules => \@modules, helper => 1);
    $log =~ s/FOLDER/$server->{folder}/g;
    return $server->configure(<<"END")->start;
LogFormat "%>s %{UPGRADE_TUNNEL}e %U" tunnels
CustomLog $log tunnels
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
$text
END
}

sub tunnels_in { my ($server, $name) = @_; return scalar(() = $server->file($name) =~ /^101 /mg) }

# As logrotate does it, with two generations of files.
sub rotate {
    my ($server) = @_;
    my $log = "$server->{folder}/access_log";
    unlink "$log.2";
    rename "$log.1", "$log.2";
    rename $log, "$log.1" or die "$log: $!";
    $server->graceful;
    $server->ask('GET / HTTP/1.1');
    return;
}

# Processes in whose command line the server's piped log stands.
sub programs_of {
    my ($server) = @_;
    my $count = 0;
    for my $name (glob '/proc/[0-9]*/cmdline') {
        open my $file, '<', $name or next;
        $count += (<$file> // '') =~ /\Q$server->{folder}\E\/piped/;
    }
    return $count;
}

sub open_three { my ($server) = @_; return map { [open_tunnel($server, $listener)] } 1 .. 3 }

# A child keeps its file: what the manual and the finding say is so.
{
    my $server = server('access_log', '');
    like $server->log,
        qr/UR0004: \S+ CustomLog access_log tunnels: an event tunnel is logged when it ends, to the file/,
      'a file: the start warns';
    my @open = open_three($server);
    rotate($server) for 1 .. 2;
    close $_ for map { @$_[0, 1] } @open;
    ok eventually(sub { tunnels_in($server, 'access_log.2') == 3 }),
      'a file: the lines go to one that was rotated twice, where it is still there';
    is tunnels_in($server, 'access_log'), 0, 'and not to the one of today';
    $server->stop;
}

# A drain that is shorter than the rotation.
{
    my $server = server('access_log', "UpgradeTunnelDrain 1\n");
    unlike $server->log, qr/UR0004/, 'a file, drained: the start does not warn';
    my @open = open_three($server);
    rotate($server);
    ok eventually(sub { tunnels_in($server, 'access_log.1') == 3 }),
      'a drain ends them while their file is the one of yesterday';
    close $_ for map { @$_[0, 1] } @open;
    $server->stop;
}

# A program that a reload does not end: as the manual has it, and what httpd does to any other.
my %programs = (
    'ended by a reload' => "\"|$rotatelogs FOLDER/piped.%s 1\"",
    'not ended'         => "\"|/bin/sh -c 'trap \\\"\\\" TERM; exec $rotatelogs FOLDER/piped.%s 1'\"",
);
for my $name (sort keys %programs) {
    my $lasts  = $name eq 'not ended';
    my $server = server($programs{$name}, '');
    my $warnings = () = $server->log =~ /UR0004: \S+ CustomLog .*: each reload ends this program/g;
    is $warnings, $lasts ? 0 : 1,
      "a program that is $name: the start warns where it should";
    my @open = open_three($server);
    for (1 .. 2) {
        $server->graceful;
        $server->ask('GET / HTTP/1.1');
        my $second = time;
        select undef, undef, undef, 0.05 while time == $second;    # a file for each second
    }
    my $closed = time;
    close $_ for map { @$_[0, 1] } @open;
    my $current = sub {
        my $sum = 0;
        for my $name (glob "$server->{folder}/piped.*") {
            my ($second) = $name =~ /piped\.(\d+)\z/;
            $sum += tunnels_in($server, "piped.$second") if $second >= $closed - 1;
        }
        return $sum;
    };
    if ($lasts) {
        ok eventually(sub { $current->() == 3 }),
          'it writes the lines of old tunnels to the file of the moment';
        unlike $server->log, qr/AH00646/, 'and nothing is lost';
    }
    else {
        # The line of a request that is answered just before the reload may share their fate.
        ok eventually(sub { (() = $server->log =~ /AH00646: Error writing to/g) >= 3 }),
          'the lines of old tunnels are lost, and httpd says so'
          or diag $server->log, 'in a file: ', $current->();
        is $current->(), 0, 'they are nowhere';
    }
    $server->stop->finish;
    ok eventually(sub { !programs_of($server) }), 'after a stop no such program is left';
}

done_testing;
