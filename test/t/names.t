# The backend's name is looked up as often as stock httpd does it, whoever carries the tunnel, and a
# name that moves is followed as stock follows it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select   ();
use IO::Socket::INET ();
use IO::Socket::SSL  ();
use Lacks;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

use constant OPENS => 20;
use constant OLD   => '127.0.0.1';
use constant NEW   => '127.0.0.2';

# httpd looks a name up again when it has a limit (addressttl), and when nobody is there.
my $follows = !lacks('names-again');

sub listen_on {
    my ($address, $at) = @_;
    return IO::Socket::INET->new(LocalAddr => $address, LocalPort => $at // 0, Listen => 128, ReuseAddr => 1)
      || die "$address: $!";
}

my %listener = map { ($_ => listen_on(OLD)) } qw(http https);
my $conf = "$FindBin::Bin/conf";
my %tls = (SSL_cert_file => "$conf/server.crt", SSL_key_file => "$conf/server.key");
my @carriers = qw(stock thread event);

# Lines that proxy a path to a host. $upgrade is what stock needs to keep a handshake.
sub worker {
    my ($scheme, $parameters) = @_;
    return sub {
        my ($path, $host, $upgrade) = @_;
        return "ProxyPass $path $scheme://$host/ $parameters $upgrade";
    };
}

sub balancer {
    my ($path, $host, $upgrade) = @_;
    return ("<Proxy balancer:/$path>", "BalancerMember http://$host $upgrade", '</Proxy>',
        "ProxyPass $path balancer:/$path/");
}

# Where httpd makes no use of upgrade=, stock keeps a handshake for ws:// only.
sub match {
    my ($path, $host, $upgrade) = @_;
    return "ProxyPassMatch ^$path(.*)\$ " . ($upgrade ? 'ws' : 'http') . "://$host/\$1";
}

sub rewrite {
    my ($path, $host, $upgrade) = @_;
    return "RewriteRule ^$path\$ " . ($upgrade ? 'ws' : 'http') . "://$host/ [P]";
}

my %kinds = (
    worker           => worker('http',  ''),
    tls              => worker('https', ''),
    disablereuse     => worker('http',  'disablereuse=on'),
    tls_disablereuse => worker('https', 'disablereuse=on'),
    balancer         => \&balancer,
    match            => \&match,
    rewrite          => \&rewrite,
);
$kinds{limit} = worker('http', 'addressttl=3600') if $follows;

# For what follows after that.
my %more = map { ($_ => worker('http', 'retry=0')) } qw(moving broken);
$more{short} = worker('http', 'addressttl=1') if $follows;

sub scheme { return $_[0] =~ /^tls/ ? 'https' : 'http' }

# The lines for one kind and all carriers.
sub routes {
    my ($kind, $lines) = @_;
    my $port = $listener{ scheme($kind) }->sockport;
    return map {
        my $path = "${kind}_$_";
        my $host = ($path =~ tr/_/-/r) . ".test:$port";
        my @keep = ("<Location /$path>", 'UpgradeKeep WebSocket', "UpgradeTunnel $_", '</Location>');
        my $stock = $_ eq 'stock';
        ($lines->("/$path", $host, $stock ? 'upgrade=websocket' : ''), $stock ? () : @keep);
    } @carriers;
}

my @routes = map { routes($_, $kinds{$_} // $more{$_}) } sort keys %kinds, keys %more;
my $port = $listener{http}->sockport;
my @modules = qw(authz_core alias dir rewrite slotmem_shm socache_shmcb ssl proxy proxy_http proxy_balancer
  lbmethod_byrequests);
my $server = Server->new(modules => \@modules, helper => 1)->configure(join "\n", <<'END', @routes);
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers 4
AsyncRequestWorkerFactor 200
RewriteEngine on
SSLProxyEngine on
SSLProxyVerify none
SSLProxyCheckPeerName off
SSLProxyCheckPeerExpire off
ProxyTimeout 30
END

my $folder = $server->{folder};

sub write_file {
    my ($name, $text) = @_;
    open my $file, '>', "$folder/$name" or die "$name: $!";
    print $file $text;
    close $file;
    chmod 0666, "$folder/$name";
    return;
}

sub move_to { return write_file(address => $_[0]) }

sub lookups {
    my ($path) = @_;
    my $name = ($path =~ tr/_/-/r) . '.test';
    open my $file, '<', "$folder/lookups" or die $!;
    return scalar grep { $_ eq "$name\n" } <$file>;
}

write_file(lookups => '');
move_to(OLD);
{
    local @ENV{qw(UPGRADE_FAULT_NAMES UPGRADE_PRELOAD)} = ($folder, Server::fault('names'));
    $server->start;
}

sub open_one {
    my ($path, $listener, $scheme) = @_;
    my @tls = $scheme eq 'https' ? (backend_tls => \%tls) : ();
    my ($client, $backend, $answer) = open_tunnel($server, $listener, path => "/$path", @tls);
    syswrite $client, masked('up');
    my $alive = $answer =~ m{^HTTP/1.1 101 } && receive($backend, 8) eq masked('up');
    close $_ for $client, $backend;
    return $alive;
}

# As often as stock.
for my $kind (sort keys %kinds) {
    my %seen;
    for my $carrier (@carriers) {
        my $path = "${kind}_$carrier";
        my $alive = grep { open_one($path, $listener{ scheme($kind) }, scheme($kind)) } 1 .. OPENS;
        is $alive, OPENS, "$kind, $carrier: tunnels";
        $seen{$carrier} = lookups($path);
    }
    cmp_ok $seen{stock}, '>', 0, "$kind: look-ups are counted";
    is $seen{$_}, $seen{stock}, "$kind, $_: as often as stock, $seen{stock} in " . OPENS for qw(thread event);
}

# Which of the listeners gets the handshake; undef: the client was answered without one.
sub arrival {
    my ($path, @listeners) = @_;
    my $client = Wire::connect_to($server->{port});
    print $client join "\r\n", "GET /$path HTTP/1.1", 'Host: localhost', Wire::handshake(), '', '';
    my ($ready) = IO::Select->new($client, @listeners)->can_read(Wire::LIMIT);
    if ($ready && $ready != $client) {
        my $backend = $ready->accept;
        my $head = '';
        1 while $head !~ /\r\n\r\n\z/ && sysread $backend, $head, 1, length $head;
        close $backend;
    }
    Wire::answer_from($client);
    close $client;
    return $ready && $ready != $client ? $ready : undef;
}

sub arrives_at {
    my ($wanted, $path, @others) = @_;
    my $found = arrival($path, $wanted, @others);
    return $found && $found == $wanted;
}

SKIP: {
    skip_without('names-again', 1);

    # A limit: the new address is found, by as many look-ups as the time allows.
    my $there = listen_on(NEW, $port);
    for my $carrier (@carriers) {
        my $path = "short_$carrier";
        my $since = time;
        move_to(OLD);
        ok eventually(sub { arrives_at($listener{http}, $path, $there) }), "short, $carrier: the old address";
        move_to(NEW);
        ok eventually(sub { arrives_at($there, $path, $listener{http}) }), "short, $carrier: the new address";
        arrival($path, $listener{http}, $there) for 1 .. OPENS;
        cmp_ok lookups($path), '<=', time - $since + 2, "short, $carrier: one look-up a second at most";
    }

    # Nobody is there any more.
    move_to(OLD);
    arrival("moving_$_", $listener{http}, $there) for @carriers;
    close delete $listener{http};
    move_to(NEW);
    my %seen;
    for my $carrier (@carriers) {
        my $path = "moving_$carrier";
        my $arrived = grep { arrives_at($there, $path) } 1 .. OPENS;
        is $arrived, OPENS, "moving, $carrier: the new address";
        $seen{$carrier} = lookups($path);
    }
    cmp_ok $seen{stock}, '==', 2, 'moving: stock looks twice';
    is $seen{$_}, $seen{stock}, "moving, $_: as often as stock" for qw(thread event);
    close $there;
    $listener{http} = listen_on(OLD, $port);
    move_to(OLD);
}

# Between the moment at which the backend is connected and the one at which it is asked the connection
# breaks, nobody is there any more, and the name has moved: the address is the worker's to replace, which
# others use at the same time.
for my $carrier (qw(thread event)) {
    my $path = "broken_$carrier";
    ok open_one($path, $listener{http}, 'http'), "broken, $carrier: a tunnel";
    my $before = lookups($path);
    write_file(break => '');
    move_to(NEW);
    is scalar(grep { $server->ask("GET /$path HTTP/1.1", handshake)->{status} == 503 } 1 .. OPENS), OPENS,
      "broken, $carrier: refused";
    unlink "$folder/break";
    move_to(OLD);
    is lookups($path), $before, "broken, $carrier: the name is not looked up";
    # What was broken waits there.
    $listener{http}->blocking(0);
    1 while $listener{http}->accept;
    $listener{http}->blocking(1);
    ok open_one($path, $listener{http}, 'http'), "broken, $carrier: another tunnel";
}

unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;
