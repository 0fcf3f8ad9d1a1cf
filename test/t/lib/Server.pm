# An httpd of its own for tests that reload, replace modules, change the MPM or must not
# start at all. It lives in a folder below the suite's logs, so that the check of the error
# logs sees it, and ends with the object.
package Server;
use strict;
use warnings;

use Apache::Test     ();
use IO::Select       ();
use IO::Socket::INET ();
use Lacks;
use Ports;
use Wait;
use Wire             ();

my $count = 0;

sub libexec { $ENV{UPGRADE_TEST_LIBEXEC} or die 'run this through build/test' }
sub module  { $ENV{UPGRADE_TEST_MODULE} }

# A library that lets calls of the system fail; for UPGRADE_PRELOAD in the environment.
sub fault { return "$ENV{UPGRADE_TEST_FAULT}/$_[0].so" }

# Process numbers come again in a long run: an earlier test may have had the same.
sub _new_folder {
    my $logs = Apache::Test::vars('t_logs');
    while (1) {
        my $folder = sprintf '%s/server%d_%d', $logs, $$, ++$count;
        return $folder if mkdir $folder;
        die "$folder: $!" unless $!{EEXIST};
    }
}

# mpm => that of the suite, or event: with the helper, as its tunnels need it, with a directive that no other
# MPM has, and for mod_http2 where that is prefork; modules => [names]; load => [lines]; policy => 0 to leave
# the module out, helper => 1 to load the one for mod_proxy too. restless => 1: httpd replaces children that
# have ended, and those of before a reload, at once instead of within a second.
sub new {
    my ($class, %option) = @_;
    my $self = bless {
        modules => [qw(authz_core alias dir)],
        policy  => 1,
        %option,
        folder => _new_folder(),
    }, $class;
    $self->{mpm} //= $self->_needs_event ? 'event' : $ENV{UPGRADE_TEST_MPM};
    $self->{port} = free_port();
    return $self;
}

sub _needs_event {
    my ($self) = @_;
    return $self->{helper} || (lacks('http2') && grep { $_ eq 'http2' } @{ $self->{modules} });
}

# The line for a module of httpd's, unless it is linked into it.
my %linked = map { ($_ => 1) } split / /, $ENV{UPGRADE_TEST_LINKED} // '';

sub _load {
    my ($name) = @_;
    return $linked{ $name =~ s/^mpm_//r } ? () : "LoadModule ${name}_module " . libexec() . "/mod_$name.so";
}

sub configure {
    my ($self, $text) = @_;
    my $folder = $self->{folder};
    $text =~ s/^H2WebSockets .*//gm if lacks('h2-websockets');
    $self->{mpm} = 'event' if $text =~ /^AsyncRequestWorkerFactor /m;
    my @load   = map { _load($_) } qw(unixd log_config logio version), "mpm_$self->{mpm}",
      @{ $self->{modules} };
    push @load, @{ $self->{load} || [] };
    push @load, 'LoadModule upgrade_required_module ' . module() if $self->{policy};
    push @load, 'LoadModule upgrade_wstunnel_module ' . module() =~ s/required/wstunnel/r if $self->{helper};
    open my $file, '>', "$folder/httpd.conf" or die "$folder: $!";
    print $file join "\n", "ServerRoot $folder", 'ServerName localhost', "DefaultRuntimeDir $folder",
      "PidFile $folder/httpd.pid", "ErrorLog $folder/error_log", 'LogLevel info', @load,
      ($> == 0 ? ('User ' . Apache::Test::vars('user'), 'Group ' . Apache::Test::vars('group')) : ()),
      'StartServers 1', 'GracefulShutdownTimeout 10', "Listen 127.0.0.1:$self->{port}",
      'DocumentRoot ' . Apache::Test::vars('documentroot'),
      $text, '';
    close $file or die $!;
    return $self;
}

# (exit status, output) of httpd with these arguments
sub httpd {
    my ($self, @arguments) = @_;
    open my $pipe, '-|', "$ENV{UPGRADE_TEST_HTTPD} -f $self->{folder}/httpd.conf @arguments 2>&1" or die $!;
    my $output = do { local $/; <$pipe> };
    close $pipe;
    return ($? >> 8, $output);
}

sub start {
    my ($self) = @_;
    $self->finish;
    local $ENV{UPGRADE_PRELOAD} = join ' ', $ENV{UPGRADE_PRELOAD} || (),
      $self->{restless} ? fault('restless') : ();
    my ($status, $output) = $self->httpd('-k', 'start');
    die "httpd does not start: $output" . $self->log if $status;
    $self->_until(sub { $self->answers }, 'answering');
    check_apr($self->pid);
    show_debugger($self->pid, $self->{port});
    return $self;
}

# For "make gdb": the commands that look into a server that has just started. Where there is a terminal
# the test goes on with Enter.
sub show_debugger {
    my ($pid, $port) = @_;
    return unless $ENV{UPGRADE_TEST_GDB};
    my $break = $ENV{UPGRADE_TEST_BREAK} ? " -ex 'break $ENV{UPGRADE_TEST_BREAK}' -ex continue" : '';
    my $text  = "$0: httpd, port $port, process $pid; its children, of which one serves the next request:\n";
    $text .= "    gdb -p $_$break\n" for _children_of($pid);
    open my $terminal, '+<', '/dev/tty' or return print STDERR $text;
    print $terminal $text, 'Enter: on with the test ';
    return scalar <$terminal>;
}

# That a server runs with the APR which it was given; any other hides what sanitizers look for.
sub check_apr {
    my ($pid) = @_;
    my $wanted = $ENV{UPGRADE_TEST_APR} or return;
    open my $maps, '<', "/proc/$pid/maps" or die "/proc/$pid/maps: $!";
    my %apr = map { m{ (/\S*/libapr-1\.so\S*)} ? ($1 => 1) : () } <$maps>;
    die "httpd runs with @{[sort keys %apr]}, not with $wanted\n" if join(' ', keys %apr) ne $wanted;
    return;
}

# Ends when the new configuration is in force: httpd says so in its log, and no child of before takes a
# connection any more, which each of them learns a little later.
sub graceful {
    my ($self) = @_;
    my @old = $self->children;
    $self->reload->_until(sub { !$self->_listening(@old) }, 'listening with new children only');
    return $self;
}

# The same where children have been killed: httpd replaces them by more than it counts, and does not tell all
# of them of the next reload.
sub reload {
    my ($self) = @_;
    my $before = () = $self->log =~ /resuming normal operations/g;
    my ($status, $output) = $self->httpd('-k', 'graceful');
    die "graceful: $output" . $self->log if $status;
    $self->_until(sub { (() = $self->log =~ /resuming normal operations/g) > $before }, 'restarted');
    return $self;
}

# Which of these processes may take a connection. One of prefork that has one takes no other, but closes its
# listeners only when it ends.
sub _listening {
    my ($self, @pids) = @_;
    open my $file, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!";
    my %listens = map { my @row = split; ("socket:[$row[9]]" => $row[3] eq '0A') } <$file>;
    grep { $_ } values %listens or die 'nobody listens, as /proc/net/tcp has it';
    return grep {
        my @sockets = map { $listens{ readlink // '' } // () } glob "/proc/$_/fd/*";
        my $busy = $self->{mpm} eq 'prefork' && grep { !$_ } @sockets;
        !$busy && grep { $_ } @sockets;
    } @pids;
}

# The processes of its children.
sub children {
    my ($self) = @_;
    return _children_of($self->pid);
}

sub _children_of {
    my ($pid) = @_;
    return map { m{^/proc/(\d+)/} && _parent_of($1) == $pid ? $1 : () } glob '/proc/[0-9]*/stat';
}

sub _parent_of {
    my ($pid) = @_;
    open my $stat, '<', "/proc/$pid/stat" or return 0;
    return (<$stat> // '') =~ /^\d+ \(.*\) [^Z] (\d+)/s ? $1 : 0;    # zombies are gone
}

# Whether a process has ended, whoever has yet to ask for its status.
sub is_gone { return !_parent_of($_[0]) }

sub log { return $_[0]->file('error_log') }

# What stands in a file of this server's folder; '' where there is none.
sub file {
    my ($self, $name) = @_;
    open my $file, '<', "$self->{folder}/$name" or return '';
    local $/;
    return <$file> // '';
}

sub pid {
    my ($self) = @_;
    open my $file, '<', "$self->{folder}/httpd.pid" or return 0;
    return int(<$file> // 0);
}

# Ends a child as the system does when memory runs out, and waits until the server knows. Of this signal
# httpd itself says nothing in its log, so that build/test does not take it for a crash.
sub kill_child {
    my ($self, $pid) = @_;
    kill KILL => $pid or die "child $pid: $!";
    $self->_until(sub { !kill 0, $pid }, "rid of child $pid");
    return;
}

# Whether a child is up and serving: a port that takes connections is not enough. Before 2.4.53 a child never
# accepts anything if its first client comes before one of its workers is ready: another child may.
sub answers {
    my ($self) = @_;
    my @address = (PeerAddr => "127.0.0.1:$self->{port}", Timeout => Wait::LIMIT);
    my $socket = IO::Socket::INET->new(@address) or return 0;
    print $socket "GET / HTTP/1.0\r\n\r\n";
    if (!IO::Select->new($socket)->can_read(since('2.4.53') ? Wait::LIMIT : 5)) {
        $self->httpd('-k', 'graceful') unless since('2.4.53');
        return 0;
    }
    return defined scalar <$socket>;
}

# One request, whose connection closes with the answer; its first line, and other lines.
sub ask {
    my ($self, $line, @lines) = @_;
    my $socket = Wire::connect_to($self->{port});
    unshift @lines, 'Host: localhost' unless grep { /^Host:/ } @lines;
    print $socket join "\r\n", $line, @lines, '', '';
    return Wire::answer_from($socket, scalar $line =~ /^HEAD /);
}

# It takes a second or two to leave, and nobody need wait for that but who looks at what it
# leaves behind; build/test waits for all of them before it looks at their logs.
sub stop {
    my ($self) = @_;
    my $pid = $self->pid or return $self;
    open my $left, '>>', Apache::Test::vars('t_logs') . '/leaving' or die "leaving: $!";
    print $left "$pid\n";
    close $left or die "leaving: $!";
    # Gracefully: on TERM httpd's children leave while their threads still run, and one of
    # them may crash, with this module or without.
    kill WINCH => $pid;
    unlink "$self->{folder}/httpd.pid";
    $self->{leaving} = $pid;
    return $self;
}

# Waits until a stopped server has gone. When its children have, it sleeps for what is left of a second; the
# same signal again wakes it.
sub finish {
    my ($self) = @_;
    my $pid = delete $self->{leaving} or return $self;
    $self->_until(sub { !_children_of($pid) }, 'rid of its children');
    kill WINCH => $pid if !is_gone($pid);
    $self->_until(sub { is_gone($pid) }, 'stopped');
    return $self;
}

sub _until {
    my ($self, $done, $what) = @_;
    return if eventually($done);
    die "httpd is not $what after " . Wait::LIMIT . ' seconds: ' . $self->log;
}

sub DESTROY {
    my ($self) = @_;
    local ($@, $?);
    eval { $self->stop };
    return;
}

1;
