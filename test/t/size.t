# What build/size prints for a number of tunnels is a configuration with which httpd holds them.
# UPGRADE_TEST_MANY=10000 for as many.
use strict;
use warnings;
use Test::More;
use IPC::Open2;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Tunnel;
use Wire;

my $load = $ENV{UPGRADE_TEST_LOAD} or die 'run this through build/test';

sub size { my ($arguments) = @_; my $output = `$load/size $arguments 2>&1`; return ($? >> 8, $output) }

for my $wrong ('', '0', '-1', '10000001', 'many', '1x', '300 3', '300 25 1') {
    my ($status, $output) = size($wrong);
    is $status, 2, "'$wrong' is refused";
    like $output, qr/^size TUNNELS \[THREADS\]: 1 to 10000000 tunnels, 4 to 20000 threads/,
        "'$wrong': what would be right";
}

like +(size('100000'))[1], qr/sysctl net\.ipv4\.ip_local_port_range/,
    'where a backend has no more ports, that is said';
unlike +(size('10000'))[1], qr/sysctl/, 'and not before';

for my $case ([$ENV{UPGRADE_TEST_MANY} || 300, ''], [600, ' 8']) {
    my ($count, $threads) = @$case;
    my ($status, $text) = size("$count$threads");
    is $status, 0, "$count tunnels";
    my ($files) = $text =~ /^#   APACHE_ULIMIT_MAX_FILES='ulimit -n (\d+)'$/m;
    my ($unit) = $text =~ /^#   LimitNOFILE=(\d+)$/m;
    is $unit, $files, 'envvars and the unit say the same';
    my @errors = grep { !/^(?:#.*|[A-Z][A-Za-z]+ +\d+|)$/ } split /\n/, $text;
    is "@errors", '', 'each line is a directive or a comment';

    my $backend = open2(my $listening, my $end_backend, "$load/ws_backend");
    chomp(my $port = <$listening>);
    local $ENV{UPGRADE_TEST_HTTPD} = "ulimit -n $files; exec $ENV{UPGRADE_TEST_HTTPD}";
    my $server = Server->new(modules => [qw(authz_core alias dir proxy proxy_http)], helper => 1);
    $server->configure(<<"END")->start;
${text}ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
END
    my ($told) = $server->log =~ /UR0011: UpgradeTunnel event: at least (\d+) tunnels/;
    cmp_ok $told, '>=', $count, "$count: the server tells of $told";
    unlike $server->log, qr/\[(?:\w+:)?warn\]/, "$count: and warns of nothing" or diag $server->log;
    my $clients = open2(my $answers, my $commands, "$load/ws_clients", $server->{port}, '/ws');
    my $say = sub { print $commands "$_[0]\n"; $commands->flush; return scalar <$answers> };
    like $say->("open $count 20"), qr/^open $count /, "$count are up";
    like $say->('check'), qr/^check $count$/, "$count carry a message";
    is $server->ask('GET / HTTP/1.1')->{status}, 200, 'and a request is answered';
    my $event = tunnels_of($server)->{by}{event};
    cmp_ok $event, '>=', 0.9 * $count, "$event of $count are event tunnels";
    close $commands;
    waitpid $clients, 0;
    close $end_backend;
    waitpid $backend, 0;
    $server->stop;
}

done_testing;
