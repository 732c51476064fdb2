//! A machine whose disk fails and whose power goes.

use crate::world::{Client, Failure, World};
use faults::{Disk, Loss};
use std::fs;

pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) disk: Disk,
    /// A client of each process that has the folder open.
    pub(crate) clients: Vec<Client>,
    /// How often the power went.
    losses: usize,
}

impl Machine {
    /// Starts that many processes for the first time, with a registry and a token.
    pub(crate) async fn start(processes: usize, seed: u64) -> Result<Self, Failure> {
        let temporary = tempfile::tempdir()?;
        let data = temporary.path().canonicalize()?.join("disk-0");
        fs::create_dir(&data)?;
        let disk = Disk::watch(&data)?;
        let world = World::on(temporary, data, seed).await?;
        let mut clients = vec![world.any_client().await?];
        for _ in 1..processes {
            let another = clients[0].at(&world.open_again().await?);
            clients.push(another);
        }
        Ok(Self { world, disk, clients, losses: 0 })
    }

    /// Of the first process.
    pub(crate) fn client(&self) -> &Client {
        &self.clients[0]
    }

    /// Ends all processes at once, and starts them again on what is left.
    pub(crate) async fn lose_power(&mut self, loss: Loss<'_>) -> Result<(), Failure> {
        self.losses += 1;
        let gone = self.world.data.clone();
        let data = self.world.temporary().canonicalize()?.join(format!("disk-{}", self.losses));
        fs::create_dir(&data)?;
        self.disk.lose_power(loss, &data)?;
        self.world.data = data;
        self.world.service = self.world.open_again().await?;
        let first = self.clients[0].at(&self.world.service);
        for client in self.clients.iter_mut().skip(1) {
            *client = first.at(&self.world.open_again().await?);
        }
        self.clients[0] = first;
        Ok(fs::remove_dir_all(gone)?)
    }
}
