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
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl status);
my $listener = backend();
my $port = $listener->sockport;

sub write_file {
    my ($name, $text) = @_;
    open my $file, '>', $name or die "$name: $!";
    print $file $text // '';
    close $file or die "$name: $!";
    chmod 0644, $name;
    return;
}

# Ended, and by TLS too.
sub ended_in_order {
    my ($socket) = @_;
    return ended($socket) && Net::SSLeay::get_shutdown($socket->_get_ssl_object) & 2;
}

# "stuck" and "stuck_tls" are the virtual hosts in which something gets stuck, $stuck being their log; the
# others are watched, "short" is for silence.
sub server {
    my ($stuck, %option) = @_;
    my $server = Server->new(modules => \@modules, helper => 1, restless => 1);
    my %of = map { ($_ => free_port()) } qw(stuck_tls stuck plain tls short);
    my $late = $option{late} ? 'LoadModule upgrade_late_module ' . Server::fault('late') : '';
    $server->configure(<<"END");
$late
@{[ workers(8) ]}
AsyncRequestWorkerFactor 1000
UpgradeTunnelMax 8
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
@{[ PROXY_TLS ]}
<Location /status>
SetHandler upgrade-status
</Location>
<Location /workers>
SetHandler server-status
</Location>
@{[ host($of{stuck}, $stuck) ]}
@{[ tls_host($of{stuck_tls}, $stuck) ]}
@{[ host($of{plain}, 'CustomLog plain_log tunnels') ]}
@{[ tls_host($of{tls}, 'CustomLog tls_log tunnels') ]}
@{[ host($of{short}, 'Timeout 1', 'CustomLog short_log tunnels') ]}
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

my %behind_tls = (path => '/tls', backend_tls => { certificate() });

# Ends of which the other side has to be told, or both: name, virtual host, options, and how it ends. Those in
# "short" take a second or two.
my @ends = (
    ['silence', 'short', { path => '/short' }, sub { my ($c, $b) = @_; ended($c) && ended($b) }],
    ['silence with TLS', 'short', \%behind_tls, sub { my ($c, $b) = @_; ended($c) && ended_in_order($b) }],
    ['FIN of the client', 'plain', {}, sub { my ($c, $b) = @_; close $c; ended($b) }],
    ['FIN of the backend', 'plain', {}, sub { my ($c, $b) = @_; close $b; ended($c) }],
    ['RST of the client', 'plain', {}, sub { my ($c, $b) = @_; reset_by($c); ended($b) }],
    ['RST of the backend', 'plain', {}, sub { my ($c, $b) = @_; reset_by($b); ended($c) }],
    ['TLS close of the client', 'tls', {}, sub { my ($c, $b) = @_; close $c; ended($b) }],
    ['FIN of the backend to TLS', 'tls', {}, sub { my ($c, $b) = @_; close $b; ended_in_order($c) }],
    ['TLS close of the backend', 'plain', \%behind_tls, sub { my ($c, $b) = @_; close $b; ended($c) }],
    ['TLS on both sides', 'tls', \%behind_tls, sub { my ($c, $b) = @_; close $b; ended_in_order($c) }],
);

# The lines of the virtual hosts that are watched
sub watched {
    my ($server) = @_;
    return grep { /^101 / } map { split /\n/, $server->file("${_}_log") } qw(plain tls short);
}

# All ends of all cases: $check gets each case, the name of an end, and whether it was one.
sub end_all {
    my ($cases, $check) = @_;
    my $come_to_end = sub {
        my ($case, $what, $how, @open) = @_;
        $check->($case, $what, $how->(@open));
        close $_ for @open;
    };
    my @late;
    for my $case (@$cases) {
        for my $end (@ends) {
            my ($what, $host, $option, $how) = @$end;
            my @open = tunnel($case->{server}, $host, %$option);
            if   ($host eq 'short') { push @late, [$case, $what, $how, @open] }
            else                    { $come_to_end->($case, $what, $how, @open) }
        }
    }
    $come_to_end->(@$_) for @late;
    return;
}

# A pipe that is full, as that of a piped log whose program hangs
my $pipes = 0;

sub full_pipe {
    my $name = Apache::Test::vars('t_logs') . "/fifo${$}_" . ++$pipes;
    mkfifo($name, 0666) or die "$name: $!";
    chmod 0666, $name;
    sysopen my $pipe, $name, O_RDWR | O_NONBLOCK or die "$name: $!";
    my $server = server("CustomLog $name tunnels");
    my $filled = 0;
    while (my $wrote = syswrite $pipe, "\n" x 4096) { $filled += $wrote }
    $filled or die 'the pipe takes nothing';
    my $lines = '';
    return ($server, $pipe, sub { sysread $pipe, $lines, 65536, length $lines; return $lines });
}

# ---- What gets stuck. Each case: stick brings it about, and returns how many tunnels it leaves open; still,
# whether nothing has moved since; after, what there is to see when all others have been watched.

sub unread_log {
    my $name = 'a log that nobody reads';
    my ($server, $pipe, $read) = full_pipe();
    my $stick = sub {
        for my $host (qw(stuck stuck_tls stuck stuck_tls)) {
            my ($client, $backend) = tunnel($server, $host);
            close $backend;
            ok $host =~ /tls/ ? ended_in_order($client) : ended($client), "$name: $host: the client is told";
            close $client;
        }
        return 0;
    };
    my $after = sub {
        ok eventually(sub { 4 == (() = $read->() =~ /^101 backend - (?:TLSv1\.3|-)$/mg) }),
          "$name: when it is read, it has all";
    };
    return { name => $name, server => $server, stick => $stick, after => $after,
        still => sub { return !syswrite $pipe, "\n" } };
}

sub full_disk {
    my $server = server('CustomLog /dev/full tunnels');
    return { name => 'a log on a full disk', server => $server,
        stick => sub { tunnels($server, 4, 'stuck'); return 0 } };
}

sub untold_names {
    my $name = 'names that nobody tells';
    my $switch = Apache::Test::vars('t_logs') . "/names$$";
    my %env = (UPGRADE_PRELOAD => Server::fault('slow_names'), UPGRADE_FAULT_SWITCH => $switch);
    my $server = server("HostnameLookups On\nCustomLog named_log named", env => \%env);
    my $stick = sub {
        write_file($switch);
        tunnels($server, 4, 'stuck');
        return 0;
    };
    my $after = sub {
        unlink $switch;
        ok eventually(sub { 4 == (() = $server->file('named_log') =~ / 101 client$/mg) }),
          "$name: then all is logged";
    };
    return { name => $name, server => $server, stick => $stick, after => $after,
        still => sub { return $server->file('named_log') eq '' } };
}

# Each is half-closed, and ended after half a minute of silence.
sub silent_backend {
    my $ahead = Apache::Test::vars('t_logs') . "/ahead$$";
    my %env = (UPGRADE_PRELOAD => Server::fault('later'), UPGRADE_FAULT_SWITCH => $ahead);
    my $server = server('CustomLog stuck_log tunnels', env => \%env);
    my @silent;
    my $stick = sub {
        for (1 .. 4) {
            my ($client, $backend) = tunnel($server, 'stuck', %behind_tls);
            close $client;
            push @silent, $backend;
        }
        return 0;
    };
    return { name => 'a backend that does not answer TLS', server => $server, stick => $stick,
        wait => sub { write_file($ahead, 31) }, still => sub { return 4 == grep { $_->opened } @silent } };
}

sub unreading_client {
    my $name = 'a client that does not read';
    my $server = server('CustomLog stuck_log tunnels');
    my @silent;
    my $stick = sub {
        for my $host (qw(stuck stuck_tls)) {
            my ($client, $backend) = tunnel($server, $host);
            my $frame = frame('x' x 1_000_000);
            $backend->blocking(0);
            ok eventually(sub { return !syswrite $backend, $frame }), "$name: $host";
            reset_by($backend);
            push @silent, $client;
        }
        return 2;
    };
    return { name => $name, server => $server, stick => $stick,
        still => sub { return 2 == grep { $_->opened } @silent } };
}

# All ends, before something is stuck and while it is, in all cases side by side; then a tunnel is drained.
{
    my @cases = (unread_log(), full_disk(), untold_names(), silent_backend(), unreading_client());
    end_all(\@cases, sub { $_[2] or die "$_[0]{name}: $_[1]: it does not end" });
    for my $case (@cases) {
        my ($server, $name) = @$case{qw(server name)};
        ok eventually(sub { tunnels_of($server)->{open} == 0 && watched($server) == @ends }),
          "$name: before";
        ($case->{files}) = belongings($server);
        $case->{kept} = $case->{stick}->();
    }
    end_all(\@cases, sub { my ($case, $what, $ended) = @_; ok $ended, "$case->{name}: $what" });
    for my $case (@cases) {
        my ($server, $name, $kept) = @$case{qw(server name kept)};
        $case->{wait}->() if $case->{wait};
        ok eventually(sub { tunnels_of($server)->{open} == $kept }), "$name: the books close";
        ok eventually(sub { watched($server) == 2 * @ends }), "$name: each end is logged, once";
        ok eventually(sub { (belongings($server))[0] <= $case->{files} + 2 * $kept }),
          "$name: no descriptor is left behind";
        my ($client, $backend) = tunnel($server, 'plain');
        $server->graceful;
        is receive($client, 100), "\x88\x02\x03\xe9", "$name: drained";
        is length receive($backend, 100), 8, "$name: at the backend too";
        ok !$case->{still} || $case->{still}->(), "$name: nothing has moved meanwhile";
        unlike $server->log, qr/UR0020|exit signal/, "$name: the MPM lets go of each connection";
        $case->{after}->() if $case->{after};
        $server->stop;
    }
    $cases[0]{server}->finish;
}

# What a socket that is full does not take of TLS at once comes later, and then the end.
{
    my $switch = Apache::Test::vars('t_logs') . "/once$$";
    my %env = (UPGRADE_PRELOAD => Server::fault('refuse'), UPGRADE_FAULT_CALL => 'send_once');
    my $server = server('CustomLog stuck_log tunnels', env => { %env, UPGRADE_FAULT_SWITCH => $switch });
    my ($client, $backend) = tunnel($server, 'tls');
    write_file($switch);
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
    # The MPM aborts what its workers have in their hands: this one is to be out of them, and so are the
    # connections that ask. A worker that frees one just then is no matter of this test.
    my @asking;
    ok eventually(sub {
        push @asking, connect_to($server->{port});
        print { $asking[-1] } "GET /workers?auto HTTP/1.1\r\nHost: localhost\r\n\r\n";
        return answer_from($asking[-1])->{body} =~ /^BusyWorkers: 1$/m;
    }), 'no worker has it';
    kill TERM => $pid;
    is receive($client, 100), "\x88\x02\x03\xe9", 'TERM while a log is stuck: the client is told';
    is length receive($backend, 100), 8, 'TERM while a log is stuck: the backend';
    ok eventually(sub { join('', watched($server)) =~ /^101 stopped \S+ \S+$/ }),
      'TERM while a log is stuck: the other log';
    ok eventually(sub { $read->() =~ /^101 client /m }), 'and when it is read, that one';
    ok eventually(sub { Server::is_gone($pid) }), 'then the server ends';
    unlink "$server->{folder}/httpd.pid";
}

# A worker that is slow to let go of what it has handed over: all but the log and the memory is done.
{
    my $server = server('CustomLog stuck_log tunnels', late => 1);
    my $here = $server->{folder};
    write_file("$here/late");
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
    write_file("$here/mute");
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
    $server->configure(<<"END")->start;
LogFormat "%>s %b %I %O %X %{SSL_PROTOCOL}x %{SSL_CIPHER}x" tunnels
CustomLog access_log tunnels
ProxyPass /event http://127.0.0.1:$port/
ProxyPass /stock http://127.0.0.1:$port/
UpgradeKeep WebSocket
<Location /event>
UpgradeTunnel event
</Location>
@{[ tls_host($number) ]}
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
