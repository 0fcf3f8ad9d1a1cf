# What is counted of requests that meet a policy: once each, however they come to their route; and what is
# there as 0 before.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Lines;
use Ports;
use Server;
use Wire;

my $htdocs = Apache::Test::vars('documentroot');
my $other  = free_port();
my $server = Server->new(modules => [qw(authz_core alias dir rewrite proxy proxy_http)], helper => 1);
my $dead   = free_port();
my $host   = host($other, 'ServerName other.test', 'UpgradeMode announce');
$server->configure(<<"END")->start;
UpgradeFloor HTTP/1.1
UpgradeMode enforce from=2099-01-01T00:00:00Z
ErrorDocument 404 /document
ProxyPass /kept http://127.0.0.1:$dead/
ProxyPass /both http://127.0.0.1:$dead/
$host
<Directory $htdocs>
RewriteEngine on
RewriteRule ^front\$ /endpoint [L]
RewriteRule ^elsewhere\$ /again/dir/index.html [L]
AllowOverride All
</Directory>
Alias /again $htdocs
<LocationMatch "^/(front|endpoint|dir)">
UpgradeRequire HTTP/1.1
UpgradeName shared
</LocationMatch>
<Location /elsewhere>
UpgradeRequire HTTP/1.1
UpgradeName left
</Location>
<Location /again>
UpgradeRequire HTTP/1.1
UpgradeName reached
</Location>
<Location /document>
UpgradeRequire HTTP/1.1
</Location>
<Location /off>
UpgradeRequire HTTP/1.1
UpgradeMode off
</Location>
<Location /kept>
UpgradeKeep WebSocket
</Location>
<Location /both>
UpgradeRequire WebSocket
UpgradeKeep WebSocket
UpgradeMode enforce
</Location>
<Location /status>
SetHandler upgrade-status
</Location>
END

# { 'policy verdict reason' => how often }
sub counted {
    my %count;
    my $metrics = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
    while ($metrics =~ /^\w+decisions_total\{.*policy="(.*?)",verdict="(.*?)",reason="(.*?)"\} (\d+)$/mg) {
        $count{"$1 $2 $3"} += $4;
    }
    return \%count;
}

# What a request adds, but for the floor's count of the one that asks.
my $before = counted();
my $asking = { 'floor allow none' => 1 };

sub adds {
    my ($name, $want, @request) = @_;
    $server->ask(@request);
    my $after = counted();
    my %more  = map { ($_ => $after->{$_} - ($before->{$_} // 0)) } keys %$after;
    $more{$_} -= $asking->{$_} for keys %$asking;
    is_deeply { map { $more{$_} ? ($_ => $more{$_}) : () } keys %more }, $want, $name;
    $before = $after;
    return;
}

my $floor = { 'floor allow none' => 1 };
adds('no route policy', $floor, 'GET /plain HTTP/1.1');
adds('met', { %$floor, 'shared allow none' => 1 }, 'GET /endpoint HTTP/1.1');
adds('unmet', { 'floor announce http-version' => 1, 'shared announce http-version' => 1 },
    'GET /endpoint HTTP/1.0');
adds('an index file, by subrequests', { %$floor, 'shared allow none' => 1 }, 'GET /dir/ HTTP/1.1');
adds('rewritten, under the same policy', { %$floor, 'shared allow none' => 1 }, 'GET /front HTTP/1.1');
adds('rewritten, to another one', { %$floor, 'left allow none' => 1, 'reached allow none' => 1 },
    'GET /elsewhere HTTP/1.1');
adds('an ErrorDocument is no request of the client', $floor, 'GET /missing HTTP/1.1');
adds('off, met', $floor, 'GET /off HTTP/1.1');
adds('off, unmet', { 'floor announce http-version' => 1 }, 'GET /off HTTP/1.0');
adds('kept, and no handshake', $floor, 'GET /kept HTTP/1.1');
adds('kept, and a handshake', { %$floor, '/kept allow none' => 1 }, 'GET /kept HTTP/1.1', handshake);
adds('required and kept: once', { %$floor, '/both allow none' => 1 }, 'GET /both HTTP/1.1', handshake);
adds('required and kept: refused', { %$floor, '/both refuse websocket-missing' => 1 }, 'GET /both HTTP/1.1');
adds('.htaccess', { %$floor, '.htaccess announce websocket-missing' => 1 }, 'GET /htaccess/ HTTP/1.1');
adds('.htaccess, met', { %$floor, '.htaccess allow none' => 1 }, 'GET /htaccess/ HTTP/1.1', handshake);

# What is there as 0: all that a policy can give, and nothing else.
my @zeros = sort grep { !$before->{$_} } keys %$before;
my @family = qw(body connection http-version key method stripped version);
my @versions = map { my $name = $_; map { "$name $_ http-version" } qw(announce refuse) }
    qw(left reached /document), 'shared';
is_deeply \@zeros, [sort grep { $_ ne 'shared announce http-version' } @versions, '/document allow none',
    map({ my $verdict = $_; map { "/kept $verdict websocket-$_" } @family } qw(announce refuse)),
    map({ "/both refuse websocket-$_" } @family), map { "floor $_ http-version" } qw(except refuse)],
    'what can come is there as 0';
$server->stop;

done_testing;
