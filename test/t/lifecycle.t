# Reloads, MPMs, and servers without the modules that this one can use.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wait;
use Wire;

sub status {
    my ($server, $path) = @_;
    my $socket = connect_to($server->{port});
    print $socket "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return answer_from($socket)->{status};
}

# Old children may take a connection or two after httpd has said that it goes on with the
# new configuration: wait until the answer is the new one. It has to come.
sub becomes {
    my ($server, $path, $want, $name) = @_;
    my $got;
    eventually(sub { return ($got = status($server, $path)) == $want });
    return is $got, $want, $name;
}

sub require_on { return "<Location $_[0]>\nUpgradeRequire WebSocket\n</Location>" }

for my $mpm (qw(event worker prefork)) {
    my $server = Server->new(mpm => $mpm, restless => 1)->configure(require_on('/dir'))->start;
    is status($server, '/dir/'), 426, "$mpm: refused";
    is status($server, '/endpoint'), 200, "$mpm: allowed";

    $server->configure('')->graceful;
    becomes $server, '/dir/', 200, "$mpm: a reload without policies";

    $server->configure(join "\n", map { require_on("/p$_") } 1 .. 300)->graceful;
    becomes $server, '/p300', 426, "$mpm: a reload with 300 policies";
    is status($server, '/dir/'), 200, "$mpm: and what they leave alone";

    $server->configure("UpgradeFloor HTTP/2\nUpgradeGuide /g")->graceful for 1 .. 3;
    becomes $server, '/endpoint', 426, "$mpm: several reloads in a row";

    # A reload with a mistake leaves the running server as it is.
    my ($status, $output) = $server->configure('UpgradeFloor HTTP/3')->httpd('-k', 'graceful');
    isnt $status, 0, "$mpm: a mistake refuses the reload";
    is status($server, '/endpoint'), 426, "$mpm: and the policy stays in force";
    $server->stop->finish;
    unlike $server->log, qr/exit signal|AH0005[12]/, "$mpm: no child died";
}

# First activation, and removal, by reload
{
    my $server = Server->new(policy => 0, restless => 1)->configure('')->start;
    is status($server, '/dir/'), 200, 'without the module';
    $server->{policy} = 1;
    $server->configure(require_on('/dir'))->graceful;
    becomes $server, '/dir/', 426, 'first activated by a reload';
    $server->{policy} = 0;
    $server->configure('')->graceful;
    becomes $server, '/dir/', 200, 'removed by a reload';
    $server->{policy} = 1;
    $server->configure(require_on('/dir'))->graceful;
    becomes $server, '/dir/', 426, 'and back';
}

# A connection that is kept over a reload goes on under the policy it came under, or is
# closed; it is never left hanging.
{
    my $server = Server->new(restless => 1)->configure(require_on('/dir'))->start;
    my $socket = connect_to($server->{port});
    my $request = "GET /dir/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    print $socket $request;
    is answer_from($socket)->{status}, 426, 'kept connection: before the reload';
    $server->configure('')->graceful;
    local $SIG{PIPE} = 'IGNORE';
    print $socket $request;
    my $status = answer_from($socket)->{status};
    ok $status == 0 || $status == 426, "kept connection: after the reload ($status)";
    becomes $server, '/dir/', 200, 'a new connection has the new configuration';
}

# The bare server: no mod_ssl, no mod_http2, no mod_proxy, no mod_dir
{
    my $server = Server->new(modules => ['authz_core'], restless => 1);
    $server->configure('UpgradeFloor TLS/1.2')->start;
    is status($server, '/endpoint'), 426, 'no TLS module: unknown means refuse';
    my @warnings = $server->log =~ /UR0004: (\S+) UpgradeFloor TLS\/1\.2: no TLS module is loaded/g;
    is scalar @warnings, 1, 'no TLS module: one warning at start';
    like $warnings[0], qr/httpd\.conf:\d+$/, 'no TLS module: with file and line';
    $server->configure('UpgradeFloor HTTP/1.1')->graceful;
    becomes $server, '/endpoint', 200, 'no TLS module: other families work';
    is scalar(() = $server->log =~ /UR0004/g), 1, 'no TLS module: nothing demands TLS, nothing is said';
}

# The warning comes once for each demand, and not where a TLS module is there
{
    my $text = join "\n", 'UpgradeFloor TLS', "<Location /x>", 'UpgradeRequire TLS', '</Location>',
      '<VirtualHost *:1>', 'UpgradeFloor TLS/1.3', '</VirtualHost>', '<VirtualHost *:2>', '</VirtualHost>',
      '<VirtualHost *:3>', 'UpgradeFloorExcept true', '</VirtualHost>';
    my $server = Server->new(modules => ['authz_core'])->configure($text)->start;
    my @at = $server->log =~ /UR0004: \S+:(\d+) UpgradeFloor \S+ no TLS module is loaded/g;
    is scalar @at, 2, 'a warning for the main server and one for the virtual host that says more';
    is $at[1] - $at[0], 5, 'each at its own line';
    $server->stop;
    $server = Server->new(modules => [qw(authz_core socache_shmcb ssl)])->configure($text)->start;
    unlike $server->log, qr/UR0004/, 'no warning where a TLS module is loaded';
}

done_testing;
