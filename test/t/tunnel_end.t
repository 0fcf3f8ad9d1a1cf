# The end of event tunnels waits for nothing: not for a log that is stuck, nor for a name that nobody
# tells, nor for a side that does not answer. And it comes not before the MPM has let go.
use strict;
use warnings;
use Test::More;
use Fcntl qw(O_RDWR O_NONBLOCK);
use Net::SSLeay;
use POSIX qw(mkfifo);
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl status);
my $folder = Apache::Test::vars('t_conf');
my %certificate = (SSL_cert_file => "$folder/server.crt", SSL_key_file => "$folder/server.key");
my $listener = backend();
my $port = $listener->sockport;

sub touch {
    my ($name) = @_;
    open my $file, '>', $name or die "$name: $!";
    chmod 0644, $name;
    return;
}


# Ended, and by TLS too.
sub ended_in_order {
    my ($socket) = @_;
    return ended($socket) && Net::SSLeay::get_shutdown($socket->_get_ssl_object) & 2;
}

# A virtual host: its port, and what stands in it
sub host {
    my ($number, $text) = @_;
    return "Listen 127.0.0.1:$number\n<VirtualHost 127.0.0.1:$number>\n$text</VirtualHost>\n";
}

my $tls = "SSLEngine on\nSSLCertificateFile $folder/server.crt\nSSLCertificateKeyFile $folder/server.key\n";

# "stuck" and "stuck_tls" are the virtual hosts in which something gets stuck, $stuck being their log; the
# others are watched, "short" is for silence.
sub server {
    my ($stuck, %option) = @_;
    my $server = Server->new(modules => \@modules, helper => 1);
    my %of = map { ($_ => free_port()) } qw(stuck_tls stuck plain tls short);
    my $hosts = host($of{stuck}, $stuck) . host($of{stuck_tls}, "$tls$stuck")
      . host($of{plain}, "CustomLog plain_log tunnels\n")
      . host($of{tls}, "${tls}CustomLog tls_log tunnels\n")
      . host($of{short}, "Timeout 1\nCustomLog short_log tunnels\n");
    my $late = $option{late} ? 'LoadModule upgrade_late_module ' . Server::fault('late') : '';
    $server->configure(<<"END");
$late
ThreadsPerChild 8
ThreadLimit 8
MaxRequestWorkers 8
AsyncRequestWorkerFactor 1000
UpgradeTunnelMax 6
UpgradeTunnelDrain 1
LogLevel info upgrade_wstunnel:debug
LogFormat "%>s %{UPGRADE_TUNNEL}e %X %{SSL_PROTOCOL}x" tunnels
LogFormat "%h %>s %{UPGRADE_TUNNEL}e" named
UpgradeTunnel event
ProxyPass /ws http://127.0.0.1:$port/
ProxyPass /tls https://127.0.0.1:$port/
ProxyPass /short http://127.0.0.1:$port/ timeout=1
<LocationMatch ^/(ws|tls|short)>
UpgradeKeep WebSocket
</LocationMatch>
SSLProxyEngine on
SSLProxyVerify none
SSLProxyCheckPeerName off
SSLProxyCheckPeerCN off
<Location /status>
SetHandler upgrade-status
</Location>
<Location /workers>
SetHandler server-status
</Location>
$hosts
END
    $server->{of} = \%of;
    my %env = (UPGRADE_FAULT_FOLDER => $server->{folder}, %{ $option{env} || {} });
    local @ENV{keys %env} = values %env;
    return $server->start;
}

# A tunnel in one of them: (client, backend)
sub tunnel {
    my ($server, $host, %option) = @_;
    $option{tls} = { SSL_version => 'TLSv1_3' } if $host =~ /tls/;
    my @open = open_tunnel($server, $listener, port => $server->{of}{$host}, %option);
    return @open[0, 1];
}

# Opened and ended
sub tunnels {
    my ($server, $count, $host, %option) = @_;
    for (1 .. $count) {
        my ($client, $backend) = tunnel($server, $host, %option);
        close $client;
        ended($backend) or die 'a tunnel does not end';
    }
    return;
}

my %behind_tls = (path => '/tls', backend_tls => \%certificate);

# Ends of which the other side has to be told, or both: name, virtual host, options, and how it ends
my @ends = (
    ['FIN of the client', 'plain', {}, sub { my ($c, $b) = @_; close $c; ended($b) }],
    ['FIN of the backend', 'plain', {}, sub { my ($c, $b) = @_; close $b; ended($c) }],
    ['RST of the client', 'plain', {}, sub { my ($c, $b) = @_; reset_by($c); ended($b) }],
    ['RST of the backend', 'plain', {}, sub { my ($c, $b) = @_; reset_by($b); ended($c) }],
    ['TLS close of the client', 'tls', {}, sub { my ($c, $b) = @_; close $c; ended($b) }],
    ['FIN of the backend to TLS', 'tls', {}, sub { my ($c, $b) = @_; close $b; ended_in_order($c) }],
    ['TLS close of the backend', 'plain', \%behind_tls, sub { my ($c, $b) = @_; close $b; ended($c) }],
    ['TLS on both sides', 'tls', \%behind_tls, sub { my ($c, $b) = @_; close $b; ended_in_order($c) }],
    ['silence', 'short', { path => '/short' }, sub { my ($c, $b) = @_; ended($c) && ended($b) }],
    ['silence with TLS', 'short', \%behind_tls, sub { my ($c, $b) = @_; ended($c) && ended_in_order($b) }],
);

# The lines of the virtual hosts that are watched
sub watched {
    my ($server) = @_;
    return grep { /^101 / } map { split /\n/, $server->file("${_}_log") } qw(plain tls short);
}

# All ends, while something is stuck, which $stuck brings about: it returns how many tunnels it leaves
# open, and how to know that nothing has moved. Then a tunnel is drained.
sub watch {
    my ($server, $name, $stuck) = @_;
    for my $end (@ends) {
        my @open = tunnel($server, $end->[1], %{ $end->[2] });
        $end->[3]->(@open);
    }
    ok eventually(sub { tunnels_of($server)->{open} == 0 && watched($server) == @ends }),
      "$name: before";
    my ($files) = belongings($server);
    my ($kept, $still) = $stuck->($server);
    for my $end (@ends) {
        my ($what, $host, $option, $how) = @$end;
        my @open = tunnel($server, $host, %$option);
        ok $how->(@open), "$name: $what";
        close $_ for @open;
    }
    ok eventually(sub { tunnels_of($server)->{open} == $kept }), "$name: the books close";
    ok eventually(sub { watched($server) == 2 * @ends }), "$name: each end is logged, once";
    ok eventually(sub { (belongings($server))[0] <= $files + 2 * $kept }),
      "$name: no descriptor is left behind";
    my ($client, $backend) = tunnel($server, 'plain');
    $server->graceful;
    is receive($client, 100), "\x88\x02\x03\xe9", "$name: drained";
    is length receive($backend, 100), 8, "$name: at the backend too";
    ok $still->($server), "$name: nothing has moved meanwhile";
    unlike $server->log, qr/UR0020|exit signal/, "$name: the MPM lets go of each connection";
    return;
}

# A pipe that is full, as that of a piped log whose program hangs
sub full_pipe {
    my $name = Apache::Test::vars('t_logs') . "/fifo$$";
    unlink $name;
    mkfifo($name, 0666) or die "$name: $!";
    chmod 0666, $name;
    sysopen my $pipe, $name, O_RDWR | O_NONBLOCK or die "$name: $!";
    my $server = server("CustomLog $name tunnels\n");
    my $filled = 0;
    while (my $wrote = syswrite $pipe, "\n" x 4096) { $filled += $wrote }
    $filled or die 'the pipe takes nothing';
    my $lines = '';
    return ($server, $pipe, sub { sysread $pipe, $lines, 65536, length $lines; return $lines });
}

{
    my ($server, $pipe, $read) = full_pipe();
    my $name = 'a log that nobody reads';
    watch($server, $name, sub {
        for my $host (qw(stuck stuck_tls stuck stuck_tls)) {
            my ($client, $backend) = tunnel($server, $host);
            close $backend;
            ok $host =~ /tls/ ? ended_in_order($client) : ended($client), "$name: $host: the client is told";
            close $client;
        }
        return (0, sub { return !syswrite $pipe, "\n" });
    });
    ok eventually(sub { 4 == (() = $read->() =~ /^101 backend - (?:TLSv1\.3|-)$/mg) }),
      "$name: when it is read, it has all";
    $server->stop->finish;
}

watch(server("CustomLog /dev/full tunnels\n"), 'a log on a full disk', sub {
    my ($server) = @_;
    tunnels($server, 4, 'stuck');
    return (0, sub { return 1 });
});

{
    my $switch = Apache::Test::vars('t_logs') . "/names$$";
    my $server = server("HostnameLookups On\nCustomLog named_log named\n",
        env => { UPGRADE_PRELOAD => Server::fault('slow_names'), UPGRADE_FAULT_SWITCH => $switch });
    my $name = 'names that nobody tells';
    watch($server, $name, sub {
        touch($switch);
        tunnels($server, 4, 'stuck');
        return (0, sub { return $server->file('named_log') eq '' });
    });
    unlink $switch;
    ok eventually(sub { 4 == (() = $server->file('named_log') =~ / 101 client$/mg) }),
      "$name: then all is logged";
    $server->stop;
}

{
    my $name = 'a backend that does not answer TLS';
    my @silent;
    watch(server("CustomLog stuck_log tunnels\n"), $name, sub {
        my ($server) = @_;
        for (1 .. 4) {
            my ($client, $backend) = tunnel($server, 'stuck', %behind_tls);
            close $client;
            push @silent, $backend;
        }
        return (0, sub { return 4 == grep { $_->opened } @silent });
    });
}

{
    my $name = 'a client that does not read';
    my @silent;
    watch(server("CustomLog stuck_log tunnels\n"), $name, sub {
        my ($server) = @_;
        for my $host (qw(stuck stuck_tls)) {
            my ($client, $backend) = tunnel($server, $host);
            my $frame = frame('x' x 1_000_000);
            $backend->blocking(0);
            ok eventually(sub { return !syswrite $backend, $frame }), "$name: $host";
            reset_by($backend);
            push @silent, $client;
        }
        return (2, sub { return 2 == grep { $_->opened } @silent });
    });
}

# What a socket that is full does not take of TLS at once comes later, and then the end.
{
    my $switch = Apache::Test::vars('t_logs') . "/once$$";
    my %env = (UPGRADE_PRELOAD => Server::fault('refuse'), UPGRADE_FAULT_CALL => 'send_once');
    my $server = server("CustomLog stuck_log tunnels\n", env => { %env, UPGRADE_FAULT_SWITCH => $switch });
    my ($client, $backend) = tunnel($server, 'tls');
    touch($switch);
    close $backend;
    ok ended_in_order($client), 'a full socket: TLS ends in order';
    unlink $switch;
    $server->stop;
}

# A stop while a log is stuck: the others are told, and logged.
{
    my ($server, $pipe, $read) = full_pipe();
    my $pid = $server->pid;
    tunnels($server, 1, 'stuck');
    my ($client, $backend) = tunnel($server, 'plain');
    alive($client, $backend, 'TERM while a log is stuck: a tunnel of another host');
    # The MPM aborts what its workers have in their hands: this one is to be out of them.
    ok eventually(sub { $server->ask('GET /workers?auto HTTP/1.1')->{body} =~ /^BusyWorkers: 1$/m }),
      'no worker has it';
    kill TERM => $pid;
    is receive($client, 100), "\x88\x02\x03\xe9", 'TERM while a log is stuck: the client is told';
    is length receive($backend, 100), 8, 'TERM while a log is stuck: the backend';
    ok eventually(sub { join('', watched($server)) =~ /^101 stopped \S+ \S+$/ }),
      'TERM while a log is stuck: the other log';
    ok eventually(sub { $read->() =~ /^101 client /m }), 'and when it is read, that one';
    ok eventually(sub { !kill 0, $pid }), 'then the server ends';
    unlink "$server->{folder}/httpd.pid";
}

# A worker that is slow to let go of what it has handed over: all but the log and the memory is done.
{
    my $server = server("CustomLog stuck_log tunnels\n", late => 1);
    my $here = $server->{folder};
    touch("$here/late");
    for my $host (qw(plain tls)) {
        my ($client, $backend) = tunnel($server, $host);
        alive($client, $backend, "a worker that is slow: $host");
        close $client;
        ok ended($backend), "a worker that is slow: $host: the end";
    }
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), 'a worker that is slow: it is counted';
    is scalar(() = watched($server)), 0, 'a worker that is slow: it is not logged before';
    unlink "$here/late";
    ok eventually(sub { watched($server) == 2 }), 'a worker that is slow: then it is';
    unlike $server->log, qr/UR0020/, 'a worker that is slow: it was seen';

    # An MPM that does not tell
    touch("$here/mute");
    tunnels($server, 3, 'plain');
    ok eventually(sub { watched($server) == 5 }), 'an MPM that does not tell: all is logged';
    ok eventually(sub { 3 == (() = $server->log =~ /UR0020: the MPM has not released/g) }),
      'an MPM that does not tell: and that, too';
    is tunnels_of($server)->{open}, 0, 'an MPM that does not tell: others are served';
    $server->stop;
}

# What is logged of an event tunnel is what stock httpd logs of a thread's, also of TLS.
{
    my $server = Server->new(modules => \@modules, helper => 1);
    my $number = free_port();
    $server->configure(<<"END" . host($number, $tls))->start;
LogFormat "%>s %b %I %O %X %{SSL_PROTOCOL}x %{SSL_CIPHER}x" tunnels
CustomLog access_log tunnels
ProxyPass /event http://127.0.0.1:$port/
ProxyPass /stock http://127.0.0.1:$port/
UpgradeKeep WebSocket
<Location /event>
UpgradeTunnel event
</Location>
END
    my $lines = 0;
    for my $version (undef, qw(TLSv1_2 TLSv1_3)) {
        my @option = $version ? (port => $number, tls => { SSL_version => $version }) : ();
        # With a frame that comes with the handshake too
        for my $case ([0, ''], [1, ''], [0, masked('early')]) {
            my ($side, $early) = @$case;
            my @logged;
            for my $path (qw(/stock /event)) {
                my @open = open_tunnel($server, $listener, path => $path, early => $early, @option);
                is receive($open[1], length $early), $early, "$path: what comes with the handshake" if $early;
                alive(@open[0, 1], "$path: a tunnel");
                close $open[$side];
                ended($open[!$side]);
                close $open[!$side];
                push @logged, (logged($server, ++$lines))[-1];
            }
            # Of TLS, a thread waits until its client has ended it, too.
            is $logged[1], $logged[0], 'the log has the same line' . ($version ? ", $version" : '')
              unless $version && $side;
            like $logged[1], $version ? qr/ TLSv1/ : qr/ - -$/, 'with what is known of TLS';
        }
    }
    $server->stop;
}

done_testing;
