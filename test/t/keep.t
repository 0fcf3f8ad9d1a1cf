# UpgradeKeep for a server, a virtual host and sections: which scope decides, and what it is called.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Raw;
use Server;
use Wire;

my $raw = Apache::Test::vars('raw_port');

# The backend switches whatever it is asked. Where the handshake is not kept it has not been
# asked, and httpd says so.
my ($KEPT, $LOST) = (101, 502);

my %hosts = (
    'says-nothing.test' => '',
    'none.test'         => 'UpgradeKeep none',
    'kept.test'         => 'UpgradeKeep WebSocket',
    'named.test'        => "UpgradeKeep WebSocket\nUpgradeName edge",
    'announce.test'     => 'UpgradeMode announce',
    'off.test'          => 'UpgradeMode off',
    'demand.test'       => "UpgradeKeep none\nUpgradeRequire WebSocket",
);

my $sections = <<"SECTIONS";
ProxyPass /app/ http://127.0.0.1:$raw/
ProxyPass /lifted/ http://127.0.0.1:$raw/
<Location /lifted/>
UpgradeKeep none
</Location>
<Location /lifted/again/>
UpgradeKeep WebSocket
</Location>
ProxyPass /silent/ http://127.0.0.1:$raw/
<Location /silent/>
SetEnv SILENT 1
UpgradeGuide https://guide.test/
UpgradeTunnel thread
</Location>
<LocationMatch "^/\\w+\$">
SetHandler "proxy:http://127.0.0.1:$raw"
</LocationMatch>
<Location /if/>
<If "%{HTTP:X-Lift} == 'yes'">
UpgradeKeep none
</If>
</Location>
ProxyPass /if/ http://127.0.0.1:$raw/
<Proxy http://127.0.0.1:$raw/proxied/>
UpgradeKeep none
</Proxy>
ProxyPass /proxied/ http://127.0.0.1:$raw/proxied/
SECTIONS

my @modules = qw(authz_core alias dir env status proxy proxy_http);

sub server {
    my ($main) = @_;
    my $server = Server->new(modules => \@modules, helper => 1);
    my $listen = "*:$server->{port}";
    return $server->configure(
        join "\n", $main, "<Location /upgrade-status>\nSetHandler upgrade-status\n</Location>",
        map { "<VirtualHost $listen>\nServerName $_\n$hosts{$_}\n$sections</VirtualHost>" }
          ('says-nothing.test', grep { $_ ne 'says-nothing.test' } sort keys %hosts))->start;
}

# (answer, number of requests that reached the backend)
sub exchange {
    my ($server, $host, $path, @lines) = @_;
    my $mark   = mark();
    # Not in the query, which SetHandler loses before 2.4.61.
    my $answer = $server->ask("GET $path HTTP/1.1", "Host: $host", "X-Mark: $mark", @lines);
    my @seen   = map { grep { /\Q$mark/ } @{ $_->{requests} } } seen($mark);
    return ($answer, scalar @seen);
}

sub status_of { return (exchange(@_))[0]{status} }

my @bad = map { s/13$/8/r } handshake;    # of an old version

# Host => which of [the main server keeps, the main server says nothing] keeps.
my %by_host = (
    'says-nothing.test' => [1, 0],
    'none.test'         => [0, 0],
    'kept.test'         => [1, 1],
    'named.test'        => [1, 1],
);

# Path => whether it is kept where the server keeps; where it does not.
my %by_path = (
    '/app/good'          => [1, 0],
    '/lifted/good'       => [0, 0],
    '/lifted/again/good' => [1, 1],
    '/silent/good'       => [1, 0],
    '/good'              => [1, 0],    # by SetHandler
    '/if/good'           => [1, 0],
    '/proxied/good'      => [0, 0],
);

for my $main ('UpgradeKeep WebSocket', '') {
    my $server = server($main);
    for my $host (sort keys %by_host) {
        my $server_keeps = $by_host{$host}[ $main ? 0 : 1 ];
        for my $path (sort keys %by_path) {
            my $kept = $by_path{$path}[ $server_keeps ? 0 : 1 ];
            my $what = ($main || 'nothing') . ", $host, $path";
            is status_of($server, $host, $path, handshake), $kept ? $KEPT : $LOST, "$what: a handshake";
            my ($answer, $sent) = exchange($server, $host, $path, @bad);
            is $answer->{status}, $kept ? 426 : $LOST, "$what: a bad handshake";
            is $sent, $kept ? 0 : 1, "$what: and the backend";
            is status_of($server, $host, $path =~ s/good/200/r), 200, "$what: a plain request";
        }
    }
    $server->stop;
}

# <If> decides by the request; a name, a guide and a mode are the scope's as for UpgradeRequire.
{
    my $server = server('UpgradeKeep WebSocket');
    is status_of($server, 'kept.test', '/if/good', handshake, 'X-Lift: yes'), $LOST, '<If> lifts it';

    for my $case (['kept.test', '/app/good', 'server'], ['named.test', '/app/good', 'edge'],
        ['says-nothing.test', '/silent/good', 'server'],
        ['says-nothing.test', '/lifted/again/good', '/lifted/again/'],
        ['named.test', '/lifted/again/good', 'edge']) {
        my ($host, $path, $policy) = @$case;
        my $body = json_of((exchange($server, $host, $path, @bad))[0]);
        is $body->{policy}, $policy, "$host$path: the policy's name";
        is $body->{reason}, 'websocket-version', "$host$path: reason";
        is $body->{upgrade_guide}, $path =~ /silent/ ? 'https://guide.test/' : undef, "$host$path: guide";
    }

    # Let pass, but not into a tunnel
    for my $host (qw(announce.test off.test)) {
        my ($answer, $sent) = exchange($server, $host, '/app/bare', @bad);
        is $answer->{status}, 502, "$host: a bad handshake does not switch";
        is $sent, 1, "$host: it is let pass";
        is status_of($server, $host, '/app/good', handshake), $KEPT, "$host: a handshake";
    }
    is status_of($server, 'demand.test', '/app/good', handshake), $LOST, 'none lifts what a demand implies';

    # Counted where UpgradeKeep was written
    my $metrics = $server->ask('GET /upgrade-status?format=prometheus HTTP/1.0')->{body};
    my %counted;
    for ($metrics =~ /^upgrade_required_decisions_total\{(.*)\} \d+$/mg) {
        my %label = /(\w+)="([^"]*)"/g;
        $counted{"$label{server} $label{policy} $label{verdict} $label{reason}"}++;
    }
    my $port = $server->{port};
    is $counted{"$_ refuse websocket-version"}, 1, "counted: $_"
      for 'localhost server', "kept.test:$port server", "named.test:$port edge",
      "says-nothing.test:$port /lifted/again/";
    $server->stop;
}

# What is not proxied is not looked at, and is answered as without the module.
{
    my $alias  = 'Alias /files ' . Apache::Test::vars('documentroot');
    my $server = server("UpgradeKeep WebSocket\n$alias");
    my $stock  = Server->new(modules => \@modules, policy => 0)->configure($alias)->start;
    for my $lines ([], [handshake], [@bad], ['Upgrade: websocket']) {
        for my $path ('/files/plain', '/files/none', '/files/', '/') {
            my ($ours, $theirs) = map {
                my $answer = $_->ask("GET $path HTTP/1.1", 'Host: kept.test', @$lines);
                my @fields = map { "@$_" } grep { $_->[0] ne 'Date' } @{ $answer->{fields} };
                join "\n", $answer->{status}, @fields, $answer->{body};
            } $server, $stock;
            is $ours, $theirs, "not proxied: $path, @$lines";
        }
    }
    $_->stop for $server, $stock;
}

# Nor is what no WebSocket can be opened in, whether or not its backend is there.
{
    my @more   = map { "proxy_$_" } qw(ajp fcgi scgi uwsgi http2 balancer);
    my @option = (modules => [@modules, @more, qw(lbmethod_byrequests slotmem_shm)]);
    my @urls   = map { "$_://127.0.0.1:1" } qw(ajp fcgi scgi uwsgi h2c http ws);
    push @urls, 'unix:/none|fcgi://localhost';
    my $routes = join '', map {
        "ProxyPass /$_/ $urls[$_]/ retry=0\n"
          . "<Location /handler$_>\nSetHandler \"proxy:$urls[$_]\"\n</Location>\n"
    } 0 .. $#urls;
    my $stock = Server->new(@option, policy => 0)->configure($routes)->start;
    my $keep  = join "\n", 'UpgradeKeep WebSocket', 'UpgradeTunnel event', $routes;
    my $ours  = Server->new(@option, helper => 1)->configure($keep)->start;
    for my $i (0 .. $#urls) {
        my $switches = $urls[$i] =~ /^(http|ws):/;
        for my $path ("/$i/x", "/handler$i") {
            for my $lines ([], [handshake], [@bad]) {
                my ($got, $expected) = map { $_->ask("GET $path HTTP/1.1", @$lines)->{status} } $ours, $stock;
                $expected = 426 if $switches && "@$lines" eq "@bad";
                is $got, $expected, "$urls[$i], $path: @$lines";
            }
        }
    }
    $_->stop for $stock, $ours;
}

done_testing;
